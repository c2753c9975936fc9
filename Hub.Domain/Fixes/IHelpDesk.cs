using Hub.Domain.Live;
using Hub.Domain.People;
using Hub.Domain.Storage;

namespace Hub.Domain.Fixes;

/// <summary>Where "get a person" brings a run: the room of conversations implements it.</summary>
public interface IHelpDesk
{
    /// <summary>
    /// Posts the runner's words with the run attached where people help; gives the conversation's id. The same run again posts
    /// nothing and gives the same one, whatever the words.
    /// </summary>
    Task<Outcome<Guid>> HandOverAsync(Actor actor, Guid runId, string text, CancellationToken ct = default);

    /// <summary>
    /// A run has changed: every card that shows it shows it so. Called within the transaction of the change, with the run's row
    /// locked; what it gives is published after the commit.
    /// </summary>
    Task<IReadOnlyList<LiveEvent>> ChangedAsync(HubDb db, Guid runId, CancellationToken ct = default);
}
