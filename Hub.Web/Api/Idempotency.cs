using System.Security.Cryptography;
using System.Text;
using Hub.Domain;
using Hub.Domain.Storage;
using Hub.Web.SignIn;
using Microsoft.EntityFrameworkCore;

namespace Hub.Web.Api;

/// <summary>
/// Idempotency-Key on a POST: the first answer is kept 24 hours for each person and given again; another request is 422, a
/// first that still runs is 409. Answers of 500 and above are not kept, so that a retry is a real one.
/// </summary>
internal sealed class Idempotency(RequestDelegate next, IDbContextFactory<HubDb> hub, TimeProvider clock)
{
    /// <summary>A hub that was killed never says how its request ended: after this long the next one with the key runs.</summary>
    public static readonly TimeSpan Abandoned = TimeSpan.FromMinutes(1);

    public async Task InvokeAsync(HttpContext http)
    {
        var key = http.Request.Headers["Idempotency-Key"].ToString();
        if (key.Length == 0 || !HttpMethods.IsPost(http.Request.Method))
        {
            await next(http);
            return;
        }
        if (key.Length > 200)
        {
            await Answers.Problem(http, StatusCodes.Status422UnprocessableEntity, "idempotency.key").ExecuteAsync(http);
            return;
        }
        var mine = new IdempotencyRecord { PersonId = http.User.ToActor().PersonId, Key = key, RequestHash = await HashAsync(http.Request), CreatedAt = clock.Now() };
        await using var db = await hub.CreateDbContextAsync(http.RequestAborted);
        if (await TakeAsync(db, mine)) await RunAsync(db, mine, http);
        else await RepeatAsync(db, mine, http);
    }

    /// <summary>True if the key is new, or free again: this request runs.</summary>
    private static async Task<bool> TakeAsync(HubDb db, IdempotencyRecord mine)
    {
        await Same(db, mine).Where(r => r.CreatedAt < mine.CreatedAt - IdempotencyRecord.Kept).ExecuteDeleteAsync();
        db.IdempotencyRecords.Add(mine);
        try
        {
            await db.SaveChangesAsync();
            return true;
        }
        catch (DbUpdateException e) when (!StorageAway.Is(e))
        {
            db.ChangeTracker.Clear();
            // One statement: of several that repeat at once, one takes it over.
            return await Same(db, mine).Where(r => r.Status == null && r.RequestHash == mine.RequestHash && r.CreatedAt < mine.CreatedAt - Abandoned)
                .ExecuteUpdateAsync(s => s.SetProperty(r => r.CreatedAt, mine.CreatedAt)) == 1;
        }
    }

    private async Task RunAsync(HubDb db, IdempotencyRecord mine, HttpContext http)
    {
        // The time says whose record it is: one that was taken over meanwhile is another request's.
        var own = Same(db, mine).Where(r => r.CreatedAt == mine.CreatedAt && r.Status == null);
        var (outside, answer) = (http.Response.Body, new MemoryStream());
        http.Response.Body = answer;
        var done = false;
        try
        {
            await next(http);
            done = http.Response.StatusCode < 500;
        }
        finally
        {
            http.Response.Body = outside;
            if (!done) await own.ExecuteDeleteAsync();
        }
        if (done)
        {
            var (status, text) = (http.Response.StatusCode, Encoding.UTF8.GetString(answer.GetBuffer(), 0, (int)answer.Length));
            var (type, location) = (http.Response.ContentType ?? "", http.Response.Headers.Location.ToString());
            await own.ExecuteUpdateAsync(s => s.SetProperty(r => r.Status, status).SetProperty(r => r.Body, text)
                .SetProperty(r => r.ContentType, type).SetProperty(r => r.Location, location));
        }
        if (answer.Length > 0) await http.Response.Body.WriteAsync(answer.GetBuffer().AsMemory(0, (int)answer.Length));
    }

    private static async Task RepeatAsync(HubDb db, IdempotencyRecord mine, HttpContext http)
    {
        var first = await Same(db, mine).AsNoTracking().FirstOrDefaultAsync();
        if (first is not null && first.RequestHash != mine.RequestHash)
        {
            await Answers.Problem(http, StatusCodes.Status422UnprocessableEntity, "idempotency.other").ExecuteAsync(http);
        }
        else if (first is not { Status: { } status })
        {
            await Answers.Problem(http, StatusCodes.Status409Conflict, "idempotency.running").ExecuteAsync(http);
        }
        else
        {
            http.Response.StatusCode = status;
            if (first.ContentType.Length > 0) http.Response.ContentType = first.ContentType;
            if (first.Location.Length > 0) http.Response.Headers.Location = first.Location;
            if (first.Body.Length > 0) await http.Response.WriteAsync(first.Body);
        }
    }

    private static IQueryable<IdempotencyRecord> Same(HubDb db, IdempotencyRecord mine) =>
        db.IdempotencyRecords.Where(r => r.PersonId == mine.PersonId && r.Key == mine.Key);

    // The bytes as they came, before anything is read out of them: no route can forget a field.
    private static async Task<string> HashAsync(HttpRequest request)
    {
        request.EnableBuffering();
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes($"{request.Method} {request.Path}{request.QueryString}\n"));
        var part = new byte[16 * 1024];
        int length;
        while ((length = await request.Body.ReadAsync(part, request.HttpContext.RequestAborted)) > 0) hash.AppendData(part, 0, length);
        request.Body.Position = 0;
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
