using System.Globalization;
using Hub.Domain;
using Hub.Domain.Chat;
using Hub.Domain.Search;
using Hub.Web.Api;
using Hub.Web.Shell;
using Hub.Web.SignIn;

namespace Hub.Web.Chat;

/// <summary>Where in a conversation something is; null: nowhere.</summary>
internal sealed record Position(long? Sequence);

internal sealed record ResolvedBody(Guid? AnswerId);

internal sealed record ReadingsBody(Guid? ClientMessageId);

/// <summary>What people do with a message that stands: answer it with an emoji, reply in its thread, pin it, save it.</summary>
internal static class MessageEndpoints
{
    public static void MapMessages(this RouteGroupBuilder api)
    {
        var messages = api.MapGroup("/messages/{id:guid}").WithTags("Chat").NeedsScope("chat");
        messages.MapGet("", async (Caller caller, HttpContext http, MessageService service, Guid id, CancellationToken ct) =>
            (await service.GetAsync(caller.Actor, id, ct)).Answer(http, m => Results.Ok(m.Message))).Produces<MessageRecord>();
        messages.MapGet("/reactions", async (Caller caller, HttpContext http, ReactionService service, Guid id, CancellationToken ct) =>
            (await service.PeopleAsync(caller.Actor, id, ct)).Answer(http, r => Results.Ok(new Page<ReactionCount>(r, null)))).Produces<Page<ReactionCount>>();
        messages.MapPut("/reactions/{emoji}", async (Caller caller, HttpContext http, ReactionService service, Guid id, string emoji, CancellationToken ct) =>
            (await service.ReactAsync(caller.Actor, id, emoji, give: true, ct)).Answer(http)).Produces<MessageRecord>();
        messages.MapDelete("/reactions/{emoji}", async (Caller caller, HttpContext http, ReactionService service, Guid id, string emoji, CancellationToken ct) =>
            (await service.ReactAsync(caller.Actor, id, emoji, give: false, ct)).Answer(http)).Produces<MessageRecord>();
        messages.MapGet("/cards", async (Caller caller, HttpContext http, CardService service, Guid id, CancellationToken ct) =>
            (await service.OfAsync(caller.Actor, id, ct)).Answer(http, c => Results.Ok(new Page<LinkCard>(c, null)))).Produces<Page<LinkCard>>();
        messages.MapPut("/pin", async (Caller caller, HttpContext http, KeptMessages service, Guid id, CancellationToken ct) =>
            (await service.PinAsync(caller.Actor, id, pin: true, ct)).Answer(http)).Produces<MessageRecord>();
        messages.MapDelete("/pin", async (Caller caller, HttpContext http, KeptMessages service, Guid id, CancellationToken ct) =>
            (await service.PinAsync(caller.Actor, id, pin: false, ct)).Answer(http)).Produces<MessageRecord>();
        messages.MapPut("/unread", async (Caller caller, HttpContext http, ChatService service, Guid id, CancellationToken ct) =>
            (await service.UnreadFromAsync(caller.Actor, id, ct)).Answer(http)).Produces<ConversationRead>();
        messages.MapPut("/saved", async (Caller caller, HttpContext http, KeptMessages service, Guid id, CancellationToken ct) =>
            (await service.SaveAsync(caller.Actor, id, save: true, ct)).Answer(http, _ => Results.NoContent()));
        messages.MapDelete("/saved", async (Caller caller, HttpContext http, KeptMessages service, Guid id, CancellationToken ct) =>
            (await service.SaveAsync(caller.Actor, id, save: false, ct)).Answer(http, _ => Results.NoContent()));

        messages.MapPost("/readings", async (Caller caller, HttpContext http, ReadingService service, Guid id, ReadingsBody body) =>
            (await service.ShareAsync(caller.Actor, id, body.ClientMessageId ?? Guid.Empty)).Answer(http, p => p.New ? Results.Created($"/api/v1/messages/{p.Message.Id}", p.Message) : Results.Ok(p.Message)))
            .Produces<MessageRecord>(StatusCodes.Status201Created).Produces<MessageRecord>();
        messages.MapPut("/resolved", async (Caller caller, HttpContext http, HelpService service, Guid id, ResolvedBody? body, CancellationToken ct) =>
            (await service.ResolveAsync(caller.Actor, id, body?.AnswerId, ct)).Answer(http)).Produces<MessageRecord>();
        messages.MapDelete("/resolved", async (Caller caller, HttpContext http, HelpService service, Guid id, CancellationToken ct) =>
            (await service.ReopenAsync(caller.Actor, id, ct)).Answer(http)).Produces<MessageRecord>();
        messages.MapGet("/thread", async (Caller caller, HttpContext http, MessageService service, Guid id, string? after, int? limit, CancellationToken ct) =>
            after is not null && !long.TryParse(after, NumberStyles.None, CultureInfo.InvariantCulture, out _) ? Answers.Refused(http, Refusal.Invalid("after", "after"))
                : (await service.ThreadAsync(caller.Actor, id, after: after is null ? 0 : long.Parse(after, CultureInfo.InvariantCulture), limit: limit ?? 50, ct: ct)).Answer(http, p =>
                    Results.Ok(new Page<MessageRecord>(p.Items, p.Later ? p.Items[^1].Sequence.ToString(CultureInfo.InvariantCulture) : null)))).Produces<Page<MessageRecord>>();
        messages.MapPut("/thread/read", async (Caller caller, HttpContext http, ThreadService service, Guid id, ReadBody body, CancellationToken ct) =>
            (await service.ReadAsync(caller.Actor, id, body.Sequence ?? -1, ct)).Answer(http)).Produces<ThreadRead>();
        messages.MapPut("/thread/following", async (Caller caller, HttpContext http, ThreadService service, Guid id, CancellationToken ct) =>
            (await service.FollowAsync(caller.Actor, id, follow: true, ct)).Answer(http, _ => Results.NoContent()));
        messages.MapDelete("/thread/following", async (Caller caller, HttpContext http, ThreadService service, Guid id, CancellationToken ct) =>
            (await service.FollowAsync(caller.Actor, id, follow: false, ct)).Answer(http, _ => Results.NoContent()));

        api.MapGet("/conversations/{id:guid}/pins", async (Caller caller, HttpContext http, KeptMessages service, Guid id, CancellationToken ct) =>
            (await service.PinsAsync(caller.Actor, id, ct)).Answer(http, p => Results.Ok(new Page<MessageRecord>(p, null)))).Produces<Page<MessageRecord>>().WithTags("Chat").NeedsScope("chat");
        api.MapGet("/conversations/{id:guid}/position", async (Caller caller, HttpContext http, MessageService service, Guid id, DateTimeOffset? at, CancellationToken ct) =>
            at is not { } time ? Answers.Refused(http, Refusal.Invalid("at", "chat.position")) : (await service.SinceAsync(caller.Actor, id, time.UtcDateTime, ct)).Answer(http, s => Results.Ok(new Position(s)))).Produces<Position>().WithTags("Chat").NeedsScope("chat");
        api.MapGet("/conversations/{id:guid}/questions", async (Caller caller, HttpContext http, HelpService service, Guid id, string? state, long? after, int? limit, CancellationToken ct) =>
            !Answers.TryWord<HelpState>(state, out var only) ? Answers.Refused(http, Refusal.Invalid("state", "help.state"))
                : (await service.ListAsync(caller.Actor, id, only, after ?? 0, limit ?? 50, ct)).Answer(http)).Produces<Page<MessageRecord>>().WithTags("Chat").NeedsScope("chat");
        // Days begin and end where the people are, as on the page.
        api.MapGet("/messages/search", async (Caller caller, HttpContext http, MessageSearch search, string? q, string? after, int? limit, CancellationToken ct) =>
            (await search.FindAsync(caller.Actor, q, LocalTime.Zone, after, limit ?? 50, ct)).Answer(http)).Produces<Page<FoundMessage>>().WithTags("Chat").NeedsScope("chat");
        var mine = api.MapGroup("/me").WithTags("Chat").NeedsScope("chat");
        mine.MapGet("/threads", async (Caller caller, HttpContext http, ThreadService service, bool? unread, string? after, int? limit, CancellationToken ct) =>
            (await service.ListAsync(caller.Actor, unread ?? false, after, limit ?? 50, ct)).Answer(http)).Produces<Page<ThreadCard>>();
        mine.MapGet("/saved", async (Caller caller, HttpContext http, KeptMessages service, string? after, int? limit, CancellationToken ct) =>
            (await service.SavedAsync(caller.Actor, after, limit ?? 50, ct)).Answer(http)).Produces<Page<MessageInPlace>>();
    }
}
