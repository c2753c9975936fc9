using Hub.Domain.People;

namespace Hub.Domain.Fixes;

/// <summary>Where "get a person" brings a run: the room of conversations implements it.</summary>
public interface IHelpDesk
{
    /// <summary>Posts the runner's words with the run attached where people help; gives the conversation's id. The same run again posts nothing.</summary>
    Task<Outcome<Guid>> HandOverAsync(Actor actor, Guid runId, string text, CancellationToken ct = default);
}
