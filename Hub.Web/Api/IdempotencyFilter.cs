using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Hub.Domain;
using Hub.Domain.Storage;
using Hub.Web.SignIn;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace Hub.Web.Api;

/// <summary>
/// Idempotency-Key on a POST: the first answer is kept 24 hours for each person and given again; another body is 422, a
/// first that still runs is 409. Answers of 500 and above are not kept, so that a retry is a real one.
/// </summary>
internal sealed class IdempotencyFilter(IDbContextFactory<HubDb> hub, TimeProvider clock, IOptions<JsonOptions> json) : IEndpointFilter
{
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        var key = http.Request.Headers["Idempotency-Key"].ToString();
        if (key.Length == 0 || !HttpMethods.IsPost(http.Request.Method)) return await next(context);
        if (key.Length > 200) return Answers.Problem(http, StatusCodes.Status422UnprocessableEntity, "idempotency.key");
        var person = http.User.ToActor().PersonId;
        var hash = Hash(http, context.Arguments);
        var now = clock.Now();
        await using var db = await hub.CreateDbContextAsync(http.RequestAborted);
        await db.IdempotencyRecords.Where(r => r.PersonId == person && r.Key == key && r.CreatedAt < now.AddHours(-24)).ExecuteDeleteAsync();
        db.IdempotencyRecords.Add(new IdempotencyRecord { PersonId = person, Key = key, RequestHash = hash, CreatedAt = now });
        try
        {
            await db.SaveChangesAsync();
        }
        catch (DbUpdateException)
        {
            db.ChangeTracker.Clear();
            var first = await db.IdempotencyRecords.AsNoTracking().FirstOrDefaultAsync(r => r.PersonId == person && r.Key == key);
            if (first is null || (first.RequestHash == hash && first.Status is null)) return Answers.Problem(http, StatusCodes.Status409Conflict, "idempotency.running");
            if (first.RequestHash != hash) return Answers.Problem(http, StatusCodes.Status422UnprocessableEntity, "idempotency.other");
            if (first.Location.Length > 0) http.Response.Headers.Location = first.Location;
            return Results.Text(first.Body, first.ContentType, Encoding.UTF8, first.Status);
        }
        var kept = false;
        try
        {
            var result = await next(context);
            var status = (result as IStatusCodeHttpResult)?.StatusCode ?? StatusCodes.Status200OK;
            if (status < 500)
            {
                var value = result is IValueHttpResult { } v ? v.Value : result is IResult ? null : result;
                var body = value is null ? "" : JsonSerializer.Serialize(value, value.GetType(), json.Value.SerializerOptions);
                var location = result?.GetType().GetProperty("Location")?.GetValue(result) as string ?? "";
                var type = status >= 400 ? "application/problem+json" : "application/json";
                kept = await db.IdempotencyRecords.Where(r => r.PersonId == person && r.Key == key).ExecuteUpdateAsync(s => s
                    .SetProperty(r => r.Status, status).SetProperty(r => r.Body, body).SetProperty(r => r.ContentType, type).SetProperty(r => r.Location, location)) == 1;
            }
            return result;
        }
        finally
        {
            if (!kept) await db.IdempotencyRecords.Where(r => r.PersonId == person && r.Key == key).ExecuteDeleteAsync();
        }
    }

    // The body has been read into the endpoint's arguments; what they say is what is compared.
    private string Hash(HttpContext http, IList<object?> arguments)
    {
        var text = new StringBuilder(http.Request.Path.Value).Append(http.Request.QueryString.Value);
        foreach (var a in arguments)
            if (a is not (null or HttpContext or CancellationToken or Caller) && a.GetType().Namespace?.StartsWith("Hub.Web", StringComparison.Ordinal) == true)
                text.Append('\n').Append(JsonSerializer.Serialize(a, a.GetType(), json.Value.SerializerOptions));
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
    }
}
