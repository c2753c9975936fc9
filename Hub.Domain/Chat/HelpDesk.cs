using Hub.Domain.Fixes;
using Hub.Domain.Live;
using Hub.Domain.People;
using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.Chat;

/// <summary>"Get a person": the run and the runner's words go into the help channel that the runner may join.</summary>
public sealed class HelpDesk(IDbContextFactory<HubDb> hub, ChatService chat) : IHelpDesk
{
    /// <summary>Joins the help channel if need be and posts; the run's id is the message's client id, so that a repeat posts nothing.</summary>
    public async Task<Outcome<Guid>> HandOverAsync(Actor actor, Guid runId, string text, CancellationToken ct = default)
    {
        Guid? channel;
        string title;
        await using (var db = await hub.CreateDbContextAsync(ct))
        {
            var viewer = await db.EnterAsync(actor, ct);
            channel = await db.Conversations.VisibleTo(viewer).Where(c => c.IsHelp).OrderBy(c => c.CreatedAt).ThenBy(c => c.Id).Select(c => (Guid?)c.Id).FirstOrDefaultAsync(ct);
            title = await db.FixRuns.Where(r => r.Id == runId && r.PersonId == actor.PersonId).Select(r => r.Fix.Title).FirstOrDefaultAsync(ct) ?? "";
        }
        if (channel is not { } id || title.Length == 0) return Refusal.Conflict("run.noHelp");
        if ((await chat.JoinAsync(actor, id, ct)).Refusal is { } closed) return closed;
        var posted = await chat.PostAsync(actor, id, runId, text.Length == 0 ? title : text, runId, ct);
        return posted.Refusal is { } refusal ? refusal : id;
    }

    /// <summary>Advances the conversation and gives <c>message-run</c> with the message as it now stands; a deleted one shows no card.</summary>
    [SystemWork]
    public async Task<IReadOnlyList<LiveEvent>> ChangedAsync(HubDb db, Guid runId, Guid conversationId, CancellationToken ct = default)
    {
        var message = await db.Messages.Where(m => m.ConversationId == conversationId && m.RunId == runId && m.DeletedAt == null).OrderBy(m => m.Sequence).Select(m => (Guid?)m.Id).FirstOrDefaultAsync(ct);
        if (message is not { } id) return [];
        var version = await db.AdvanceAsync<Conversation>(conversationId, ct);
        return [new LiveEvent(Topic.Conversation(conversationId), version, "message-run", await db.RecordAsync(id, ct))];
    }
}
