using System.Text;
using Hub.Domain.People;
using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.Chat;

/// <summary>What a fix found out is its runner's own until she puts it into the thread in which the run's card stands.</summary>
public sealed class ReadingService(IDbContextFactory<HubDb> hub, MessageService messages)
{
    /// <summary>
    /// Replies in the thread of the message that shows one's own run with the steps and their readings as they are now. A repeat with the same
    /// <paramref name="clientMessageId"/> gives the first reply while the run has not gone on. Somebody else's run, and any to a token that may not read fixes, answers as if it were not there.
    /// </summary>
    public async Task<Outcome<Posted>> ShareAsync(Actor actor, Guid messageId, Guid clientMessageId, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        var shown = await db.Messages.AsNoTracking().VisibleTo(db, viewer).Where(m => m.Id == messageId && m.DeletedAt == null).Select(m => new { m.ConversationId, Thread = m.ThreadId ?? m.Id, m.RunId }).FirstOrDefaultAsync(ct);
        if (shown?.RunId is not { } runId || !actor.May(AccessScopes.Of("fixes", read: true))) return Refusal.NotFound;
        var run = await db.FixRuns.AsNoTracking().Where(r => r.Id == runId && r.PersonId == viewer.PersonId)
            .Select(r => new { r.Fix.Title, Steps = r.Steps.Where(s => s.Kind != "outcome").OrderBy(s => s.Number).Select(s => new { s.Title, s.Reading }).ToList() }).FirstOrDefaultAsync(ct);
        if (run is null) return Refusal.NotFound;
        if (run.Steps.TrueForAll(s => s.Reading.Length == 0)) return Refusal.Conflict("message.noReadings");
        var text = new StringBuilder().Append("**").Append(Plain(run.Title)).Append("**\n\n");
        foreach (var step in run.Steps)
        {
            text.Append("- ").Append(Plain(step.Title));
            // Code: what a device calls itself mentions nobody and formats nothing.
            if (step.Reading.Length > 0) text.Append(": `").Append(step.Reading.Replace('`', '\'')).Append('`');
            text.Append('\n');
        }
        return await messages.PostAsync(actor, shown.ConversationId, new NewMessage(clientMessageId, text.ToString().TrimEnd()) { ThreadId = shown.Thread }, ct);
    }

    private static string Plain(string title) => string.Concat(title.Select(c => char.IsAsciiLetterOrDigit(c) || !char.IsAscii(c) || c is ' ' or ',' or '.' ? $"{c}" : $"\\{c}"));
}
