using Hub.Domain.Fixes;
using Hub.Domain.Live;
using Hub.Domain.People;
using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.Chat;

/// <summary>"Get a person": the run and the runner's words go into the help channel that the runner may join.</summary>
public sealed class HelpDesk(IDbContextFactory<HubDb> hub, ChatService chat, MessageService messages) : IHelpDesk
{
    /// <summary>
    /// Joins the help channel if need be and posts. The run's id is the message's client id: what was posted before a crash is
    /// found again, also when the words are others now or the channel is.
    /// </summary>
    public async Task<Outcome<Guid>> HandOverAsync(Actor actor, Guid runId, string text, CancellationToken ct = default)
    {
        Guid? channel;
        string title;
        await using (var db = await hub.CreateDbContextAsync(ct))
        {
            var viewer = await db.EnterAsync(actor, ct);
            var before = await db.Messages.Where(m => m.SenderId == viewer.PersonId && m.ClientMessageId == runId && m.RunId == runId)
                .Select(m => (Guid?)m.ConversationId).FirstOrDefaultAsync(ct);
            if (viewer.Known && before is { } there) return there;
            channel = await db.HelpChannelAsync(viewer, ct);
            title = await db.FixRuns.Where(r => r.Id == runId && r.PersonId == actor.PersonId).Select(r => r.Fix.Title).FirstOrDefaultAsync(ct) ?? "";
        }
        if (channel is not { } id || title.Length == 0) return Refusal.Conflict("run.noHelp");
        if ((await chat.JoinAsync(actor, id, ct)).Refusal is { } closed) return closed;
        var posted = await messages.PostAsync(actor, id, new NewMessage(runId, text.Length == 0 ? title : text) { RunId = runId }, ct);
        return posted.Refusal is { } refusal ? refusal : id;
    }

    /// <summary>
    /// For every message that shows the run: advances its conversation and gives <c>message-run</c> with the message as it now
    /// stands. A deleted one shows no card. In the order of the conversations' ids, so that two runs never wait for each other.
    /// </summary>
    [SystemWork]
    public async Task<IReadOnlyList<LiveEvent>> ChangedAsync(HubDb db, Guid runId, CancellationToken ct = default)
    {
        var cards = await db.Messages.Where(m => m.RunId == runId && m.DeletedAt == null).OrderBy(m => m.ConversationId).ThenBy(m => m.Sequence)
            .Select(m => new { m.Id, m.ConversationId }).ToListAsync(ct);
        var events = new List<LiveEvent>();
        foreach (var card in cards)
        {
            var version = await db.AdvanceAsync<Conversation>(card.ConversationId, ct);
            events.Add(new LiveEvent(Topic.Conversation(card.ConversationId), version, "message-run", await db.RecordAsync(card.Id, ct)));
        }
        return events;
    }
}
