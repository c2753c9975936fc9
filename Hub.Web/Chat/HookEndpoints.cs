using System.Text;
using Hub.Domain;
using Hub.Domain.Chat;
using Hub.Web.Api;
using Hub.Web.Shell;
using Hub.Web.SignIn;
using Microsoft.AspNetCore.WebUtilities;

namespace Hub.Web.Chat;

internal sealed record HookBody(HookKind? Kind, string? Name, bool? Wakes, string? Address, List<HookEvent>? Events, string? Word);

/// <summary>A webhook with its secret, as it is told once.</summary>
/// <param name="Hook">The webhook.</param>
/// <param name="Address">Of an incoming one where programs post to; its last part is the secret.</param>
/// <param name="Secret">Of an outgoing one what its deliveries are signed with.</param>
public sealed record HookAnswered(HookRecord Hook, string? Address, string? Secret)
{
    internal static HookAnswered Of(HookMade made, string root) =>
        made.Hook.Kind == HookKind.Incoming ? new(made.Hook, $"{root.TrimEnd('/')}/hooks/{made.Hook.Id}/{made.Secret}", null) : new(made.Hook, null, made.Secret);
}

/// <summary>How many deliveries are sent again.</summary>
public sealed record HookRepeated(int Repeated);

/// <summary>/conversations/{id}/hooks: a channel's webhooks, for its owners. Where programs post to: <see cref="HookPosts"/>.</summary>
internal static class HookEndpoints
{
    public static void MapHooks(this RouteGroupBuilder api)
    {
        var hooks = api.MapGroup("/conversations/{id:guid}/hooks").WithTags("Chat").NeedsScope("chat");
        hooks.MapGet("", async (Caller caller, HttpContext http, HookService service, Guid id, string? after, int? limit, CancellationToken ct) =>
            await service.ListAsync(caller.Actor, id, ct) is { Ok: true, Value.Items: var all } ? Pages.From(all, h => h.Id.ToString(), after, limit).Answer(http) : Answers.Refused(http, Refusal.NotFound)).Produces<Page<HookRecord>>();
        hooks.MapPost("", async (Caller caller, HttpContext http, HookService service, Guid id, HookBody body) =>
        {
            var hook = new NewHook(body.Kind ?? HookKind.Incoming, body.Name ?? "") { Wakes = body.Wakes ?? false, Address = body.Address ?? "", Events = body.Events ?? [], Word = body.Word ?? "" };
            return (await service.CreateAsync(caller.Actor, id, hook)).Answer(http, m => Results.Created($"/api/v1/conversations/{id}/hooks/{m.Hook.Id}", HookAnswered.Of(m, Root(http))));
        }).Produces<HookAnswered>(StatusCodes.Status201Created);
        hooks.MapPost("/{hook:guid}/renew", async (Caller caller, HttpContext http, HookService service, Guid id, Guid hook) =>
            (await service.RenewAsync(caller.Actor, id, hook)).Answer(http, m => Results.Ok(HookAnswered.Of(m, Root(http))))).Produces<HookAnswered>();
        hooks.MapDelete("/{hook:guid}", async (Caller caller, HttpContext http, HookService service, Guid id, Guid hook) =>
            (await service.EndAsync(caller.Actor, id, hook)).Answer(http, _ => Results.NoContent())).Produces(StatusCodes.Status204NoContent);

        hooks.MapGet("/{hook:guid}/letters", async (Caller caller, HttpContext http, HookLetters service, Guid id, Guid hook, string? after, int? limit, CancellationToken ct) =>
            (await service.ListAsync(caller.Actor, id, hook, after, limit ?? 50, ct)).Answer(http)).Produces<Page<DeadLetter>>();
        hooks.MapPost("/{hook:guid}/letters/repeat", async (Caller caller, HttpContext http, HookLetters service, Guid id, Guid hook) =>
            (await service.RepeatAsync(caller.Actor, id, hook)).Answer(http, n => Results.Ok(new HookRepeated(n)))).Produces<HookRepeated>();
        hooks.MapPost("/{hook:guid}/letters/{letter:guid}/repeat", async (Caller caller, HttpContext http, HookLetters service, Guid id, Guid hook, Guid letter) =>
            (await service.RepeatAsync(caller.Actor, id, hook, letter)).Answer(http, n => Results.Ok(new HookRepeated(n)))).Produces<HookRepeated>();
        hooks.MapDelete("/{hook:guid}/letters", async (Caller caller, HttpContext http, HookLetters service, Guid id, Guid hook) =>
            (await service.DiscardAsync(caller.Actor, id, hook)).Answer(http, _ => Results.NoContent())).Produces(StatusCodes.Status204NoContent);
        hooks.MapDelete("/{hook:guid}/letters/{letter:guid}", async (Caller caller, HttpContext http, HookLetters service, Guid id, Guid hook, Guid letter) =>
            (await service.DiscardAsync(caller.Actor, id, hook, letter)).Answer(http, _ => Results.NoContent())).Produces(StatusCodes.Status204NoContent);
    }

    // Where people come in, if that is set; otherwise where the asker did.
    private static string Root(HttpContext http) =>
        http.RequestServices.GetRequiredService<IConfiguration>()["Hub:Address"] is { Length: > 0 } address ? address : $"{http.Request.Scheme}://{http.Request.Host.Value}";
}

/// <summary>
/// /hooks/{id}/{secret}: where programs post to, as to Slack's incoming webhooks, and are answered in the same words. No session and no token: who has the address is the webhook's bot.
/// </summary>
internal static class HookPosts
{
    private const int MostBytes = 64 * 1024;

    public static void MapHookPosts(this WebApplication app) => app.Map("/hooks/{id}/{secret}", AnswerAsync).AllowAnonymous().DisableAntiforgery().ExcludeFromDescription();

    private static async Task<IResult> AnswerAsync(HttpContext http, HookReceiver receiver, HookLimits limits, string id, string secret)
    {
        http.Response.Headers.CacheControl = "no-store";
        if (!HttpMethods.IsPost(http.Request.Method))
        {
            http.Response.Headers.Allow = "POST";
            return Say(StatusCodes.Status405MethodNotAllowed, "method_not_allowed");
        }
        if (!limits.Address(http.Connection.RemoteIpAddress?.ToString())) return Later(http);
        if (await receiver.ResolveAsync(id, secret, http.RequestAborted) is not { } bearer) return Say(StatusCodes.Status404NotFound, "no_service");
        if (!limits.Hook(bearer.HookId)) return Later(http);
        if (await ReadAsync(http.Request) is not { } body) return Say(StatusCodes.Status413PayloadTooLarge, "payload_too_large");
        var (message, wrong) = SlackPayload.Read(Payload(http.Request, body));
        if (message is null) return Say(StatusCodes.Status400BadRequest, wrong!);
        var header = http.Request.Headers["Idempotency-Key"].ToString();
        var key = header.Length > 0 ? header : message.Key;
        var posted = await receiver.PostAsync(bearer.Bot with { Address = http.Connection.RemoteIpAddress?.ToString() }, bearer, message.Text, key, http.Request.Host.Value, message.Calls);
        return posted.Refusal is { } refusal ? Refused(http, refusal) : Say(StatusCodes.Status200OK, "ok");
    }

    /// <summary>The body; null if it is too large, which is known before all of it has come.</summary>
    private static async Task<byte[]?> ReadAsync(HttpRequest request)
    {
        if (request.ContentLength > MostBytes) return null;
        var body = new MemoryStream();
        var part = new byte[16 * 1024];
        int length;
        while ((length = await request.Body.ReadAsync(part, request.HttpContext.RequestAborted)) > 0)
        {
            if (body.Length + length > MostBytes) return null;
            body.Write(part, 0, length);
        }
        return body.ToArray();
    }

    // JSON, or a form with JSON in its field "payload". curl calls JSON a form where it is not told otherwise.
    private static ReadOnlyMemory<byte> Payload(HttpRequest request, byte[] body)
    {
        if (request.ContentType?.StartsWith("application/x-www-form-urlencoded", StringComparison.OrdinalIgnoreCase) != true || body is [(byte)'{', ..]) return body;
        var form = QueryHelpers.ParseQuery(Encoding.UTF8.GetString(body));
        return Encoding.UTF8.GetBytes(form.TryGetValue("payload", out var payload) ? payload.ToString() : "");
    }

    private static IResult Refused(HttpContext http, Refusal refusal)
    {
        // The first word is for programs, as Slack's are; what follows is for who looks into their log.
        var (status, word) = refusal.Code switch
        {
            "chat.archived" => (StatusCodes.Status410Gone, "channel_is_archived"),
            "message.tooLong" => (StatusCodes.Status400BadRequest, "msg_too_long"),
            "message.used" => (StatusCodes.Status409Conflict, "already_used"),
            _ => refusal.Kind switch
            {
                RefusalKind.NotFound => (StatusCodes.Status404NotFound, "no_service"),
                RefusalKind.Forbidden => (StatusCodes.Status403Forbidden, "action_prohibited"),
                _ => (StatusCodes.Status400BadRequest, "invalid_payload"),
            },
        };
        var why = refusal.Code is "message.tooLong" ? http.RequestServices.GetRequiredService<Refusals>().Text("hook.tooLong", MessageService.MostCharacters) : "";
        return Say(status, why.Length > 0 ? $"{word}: {why}" : word);
    }

    private static IResult Later(HttpContext http)
    {
        http.Response.Headers.RetryAfter = "1";
        return Say(StatusCodes.Status429TooManyRequests, "rate_limited");
    }

    private static IResult Say(int status, string words) => Results.Text(words, "text/plain", statusCode: status);
}
