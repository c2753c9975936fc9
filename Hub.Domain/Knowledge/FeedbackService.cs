using Hub.Domain.Live;
using Hub.Domain.People;
using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.Knowledge;

/// <summary>"Was this helpful": one answer for each reader and published version, which they may change.</summary>
public sealed class FeedbackService(IDbContextFactory<HubDb> hub, LiveBus live, TimeProvider clock)
{
    /// <summary>Most characters of a reason.</summary>
    public const int MostReason = 2000;

    /// <summary>Answers for the version that stands now. The same answer again changes nothing; without a reason the one given earlier stands.</summary>
    public async Task<Outcome<ArticleTally>> GiveAsync(Actor actor, Guid id, bool? helpful, string? reason, CancellationToken ct = default)
    {
        if (helpful is not { } answer) return Refusal.Invalid("helpful", "article.helpful");
        if (reason?.Length > MostReason) return Refusal.Invalid("reason", "article.reason", MostReason);
        if (reason?.Contains('\0', StringComparison.Ordinal) == true) return Refusal.Invalid("reason", "text.nul");
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        if (!await db.Articles.VisibleTo(viewer).AnyAsync(a => a.Id == id, ct)) return Refusal.NotFound;
        await using var tx = await db.Database.BeginTransactionAsync(ct);
        var version = await db.AdvanceAsync<Article>(id, ct);
        if (await db.Articles.Where(a => a.Id == id).Select(a => a.PublishedNumber).SingleAsync(ct) is not { } number) return Refusal.Conflict("article.notPublished");
        var mine = await db.ArticleFeedback.FirstOrDefaultAsync(f => f.ArticleId == id && f.Number == number && f.PersonId == viewer.PersonId, ct);
        var why = reason ?? mine?.Reason ?? "";
        var same = mine is not null && mine.Helpful == answer && mine.Reason == why;
        if (mine is null) mine = db.ArticleFeedback.Add(new ArticleFeedback { ArticleId = id, Number = number, PersonId = viewer.PersonId }).Entity;
        if (!same)
        {
            (mine.Helpful, mine.Reason, mine.At) = (answer, why, clock.Now());
            await db.SaveChangesAsync(ct);
        }
        var answers = db.ArticleFeedback.Where(f => f.ArticleId == id && f.Number == number);
        var tally = new ArticleTally(id, number, await answers.CountAsync(f => f.Helpful, ct), await answers.CountAsync(f => !f.Helpful, ct));
        if (same) return tally;
        var me = await db.AdvanceAsync<Person>(viewer.PersonId, ct);
        await tx.CommitAsync(ct);
        live.Publish([new LiveEvent(Topic.Article(id), version, "article-feedback", tally), new LiveEvent(Topic.Me(viewer.PersonId), me, "article-answered", new ArticleAnswered(id, number))]);
        return tally;
    }

    /// <summary>What the actor answered for the version that stands now; null when nothing.</summary>
    public async Task<MyFeedback?> MineAsync(Actor actor, Guid id, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        return await db.Articles.VisibleTo(viewer).Where(a => a.Id == id)
            .SelectMany(a => db.ArticleFeedback.Where(f => f.ArticleId == a.Id && f.Number == a.PublishedNumber && f.PersonId == viewer.PersonId))
            .Select(f => new MyFeedback(f.Number, f.Helpful, f.Reason)).FirstOrDefaultAsync(ct);
    }
}
