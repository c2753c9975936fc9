using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.People;

/// <summary>A draft as stored.</summary>
public sealed record SavedDraft(string Key, string Text, DateTime SavedAt);

/// <summary>What people typed and have not sent. Only ever one's own.</summary>
public sealed class DraftService(IDbContextFactory<HubDb> hub, TimeProvider clock)
{
    /// <summary>Most characters a draft may have.</summary>
    public const int MostCharacters = 400_000;

    /// <summary>Keeps the text; an empty one forgets the draft.</summary>
    public async Task<Outcome<SavedDraft?>> SaveAsync(Actor actor, string key, string text, CancellationToken ct = default)
    {
        if (key.Length is 0 or > 200) return Refusal.Invalid("key", "draft.key");
        if (key.Contains('\0', StringComparison.Ordinal)) return Refusal.Invalid("key", "text.nul");
        if (text.Length > MostCharacters) return Refusal.Invalid("text", "draft.tooLong", MostCharacters);
        if (text.Contains('\0', StringComparison.Ordinal)) return Refusal.Invalid("text", "text.nul");
        await using var db = await hub.CreateDbContextAsync(ct);
        if (!(await db.EnterAsync(actor, ct)).Known) return Refusal.NotFound;
        var now = clock.Now();
        var mine = db.Drafts.Where(d => d.PersonId == actor.PersonId && d.Key == key);
        if (text.Length == 0)
        {
            await mine.ExecuteDeleteAsync(ct);
            return new Outcome<SavedDraft?>();
        }
        if (await mine.ExecuteUpdateAsync(s => s.SetProperty(d => d.Text, text).SetProperty(d => d.SavedAt, now), ct) == 0)
        {
            db.Drafts.Add(new Draft { PersonId = actor.PersonId, Key = key, Text = text, SavedAt = now });
            try
            {
                await db.SaveChangesAsync(ct);
            }
            catch (DbUpdateException e) when (!StorageAway.Is(e))
            {
                // Another device of theirs was first to this key: the later text stands.
                await mine.ExecuteUpdateAsync(s => s.SetProperty(d => d.Text, text).SetProperty(d => d.SavedAt, now), ct);
            }
        }
        return new SavedDraft(key, text, now);
    }

    /// <summary>The draft; null when there is none, and for somebody gone.</summary>
    public async Task<SavedDraft?> GetAsync(Actor actor, string key, CancellationToken ct = default)
    {
        if (key.Contains('\0', StringComparison.Ordinal)) return null;
        await using var db = await hub.CreateDbContextAsync(ct);
        if (!(await db.EnterAsync(actor, ct)).Known) return null;
        return await db.Drafts.Where(d => d.PersonId == actor.PersonId && d.Key == key)
            .Select(d => new SavedDraft(d.Key, d.Text, d.SavedAt)).FirstOrDefaultAsync(ct);
    }
}
