using System.Globalization;
using Hub.Domain;
using Hub.Domain.Chat;
using Hub.Domain.People;
using Hub.Web.Api;
using Hub.Web.SignIn;

namespace Hub.Web.Chat;

internal sealed record AudienceBody(AudienceKind? Kind, Guid? Id);

/// <summary>A channel or a direct conversation to make; people are ids.</summary>
internal sealed record ConversationBody(string? Kind, string? Name, string? Topic, List<AudienceBody>? Audience, List<Guid>? People, bool? Announcements)
{
    /// <summary>Protective marking of a channel.</summary>
    public string? Marking { get; init; }
}

internal sealed record ReadBody(long? Sequence);

internal sealed record PostBody(Guid? ClientMessageId, string? Text, Guid? RunId, Guid? ThreadId, bool? AlsoToConversation, List<Guid>? FileIds)
{
    /// <summary>How many people the writer knows that it wakes, when those are more than 30.</summary>
    public int? Confirmed { get; init; }
}

/// <summary>A text that is not posted yet.</summary>
internal sealed record TextBody(string? Text);

internal sealed record EditBody(string? Text, int? Version);

/// <summary>/conversations and /messages of API.md.</summary>
internal static class ChatEndpoints
{
    private const string Back = "before.";

    public static void MapChat(this RouteGroupBuilder api)
    {
        api.MapChannels();
        api.MapLater();
        api.MapHooks();
        var chat = api.MapGroup("/conversations").WithTags("Chat").NeedsScope("chat");
        chat.MapGet("", async (Caller caller, HttpContext http, ChatService service, bool? joined, string? after, int? limit) =>
            (await service.ListAsync(caller.Actor, joined ?? true, after, limit ?? 50)).Answer(http)).Produces<Page<ConversationCard>>();
        chat.MapPost("", CreateAsync).Produces<ConversationCard>(StatusCodes.Status201Created);
        chat.MapGet("/{id:guid}", async (Caller caller, HttpContext http, ChatService service, Guid id) =>
            (await service.GetAsync(caller.Actor, id)).Answer(http)).Produces<ConversationCard>();
        chat.MapPut("/{id:guid}/members/me", async (Caller caller, HttpContext http, ChatService service, Guid id) =>
            (await service.JoinAsync(caller.Actor, id)).Answer(http)).Produces<ConversationCard>();
        chat.MapDelete("/{id:guid}/members/me", async (Caller caller, HttpContext http, ChatService service, Guid id) =>
            (await service.LeaveAsync(caller.Actor, id)).Answer(http, _ => Results.NoContent()));
        chat.MapPut("/{id:guid}/read", async (Caller caller, HttpContext http, ChatService service, Guid id, ReadBody body) =>
            (await service.ReadAsync(caller.Actor, id, body.Sequence ?? -1)).Answer(http)).Produces<ConversationRead>();
        chat.MapPost("/{id:guid}/typing", async (Caller caller, HttpContext http, TypingService service, Guid id, CancellationToken ct) =>
            (await service.TellAsync(caller.Actor, id, ct)).Answer(http, _ => Results.NoContent())).Produces(204);
        chat.MapGet("/{id:guid}/messages", MessagesAsync).Produces<Page<MessageRecord>>();
        chat.MapPost("/{id:guid}/messages", async (Caller caller, HttpContext http, MessageService service, Guid id, PostBody body) =>
            (await service.PostAsync(caller.Actor, id, new NewMessage(body.ClientMessageId ?? Guid.Empty, body.Text ?? "") { RunId = body.RunId, ThreadId = body.ThreadId, AlsoToConversation = body.AlsoToConversation ?? false, FileIds = body.FileIds ?? [], Confirmed = body.Confirmed ?? 0, Host = http.Request.Host.Value })).Answer(http, p =>
                p.New ? Results.Created($"/api/v1/conversations/{id}/messages?afterSequence={p.Message.Sequence - 1}&limit=1", p.Message) : Results.Ok(p.Message)))
            .Produces<MessageRecord>(StatusCodes.Status201Created).Produces<MessageRecord>();

        chat.MapGet("/{id:guid}/mentions", async (Caller caller, HttpContext http, MentionService service, Guid id, string? q, CancellationToken ct) =>
            (await service.FindAsync(caller.Actor, id, q ?? "", ct)).Answer(http)).Produces<Page<MentionChoice>>();
        chat.MapPost("/{id:guid}/mentions/count", async (Caller caller, HttpContext http, MentionService service, Guid id, TextBody body, CancellationToken ct) =>
            (await service.CountAsync(caller.Actor, id, body.Text ?? "", ct)).Answer(http)).Produces<Waking>();

        var messages = api.MapGroup("/messages").WithTags("Chat").NeedsScope("chat");
        messages.MapMethods("/{id:guid}", ["PUT", "PATCH"], async (Caller caller, HttpContext http, MessageService service, Guid id, EditBody body) =>
            body.Version is not { } version ? Answers.Refused(http, Refusal.Invalid("version", "message.version"))
                : (await service.EditAsync(caller.Actor, id, body.Text ?? "", version, http.Request.Host.Value)).Answer(http)).Produces<MessageRecord>();
        messages.MapDelete("/{id:guid}", async (Caller caller, HttpContext http, MessageService service, Guid id, int? version) =>
            version is not { } seen ? Answers.Refused(http, Refusal.Invalid("version", "message.version"))
                : (await service.DeleteAsync(caller.Actor, id, seen)).Answer(http)).Produces<MessageRecord>();
    }

    // `next` goes on the way that was asked for: a sequence onward, "before.N" back. So does the newest page, which ends the list.
    private static async Task<IResult> MessagesAsync(Caller caller, HttpContext http, MessageService service, Guid id, long? afterSequence, long? beforeSequence, string? after, int? limit, CancellationToken ct)
    {
        if (after is not null)
        {
            var back = after.StartsWith(Back, StringComparison.Ordinal);
            if (!long.TryParse(back ? after[Back.Length..] : after, NumberStyles.None, CultureInfo.InvariantCulture, out var from)) return Answers.Refused(http, Refusal.Invalid("after", "after"));
            (afterSequence, beforeSequence) = back ? (default(long?), (long?)from) : (from, default);
        }
        return (await service.PageAsync(caller.Actor, id, afterSequence, beforeSequence, limit ?? 50, ct: ct)).Answer(http, p =>
        {
            var more = p.Items.Count > 0 && (afterSequence is null ? p.Earlier : p.Later);
            var next = !more ? null : afterSequence is null ? string.Create(CultureInfo.InvariantCulture, $"{Back}{p.Items[0].Sequence}") : p.Items[^1].Sequence.ToString(CultureInfo.InvariantCulture);
            return Results.Ok(new Page<MessageRecord>(p.Items, next));
        });
    }

    private static async Task<IResult> CreateAsync(Caller caller, HttpContext http, ChatService service, ConversationBody body)
    {
        if (string.Equals(body.Kind, "direct", StringComparison.OrdinalIgnoreCase))
        {
            return (await service.OpenDirectAsync(caller.Actor, body.People ?? [])).Answer(http, o => o.New ? Made(o.Conversation) : Results.Ok(o.Conversation));
        }
        if (!string.Equals(body.Kind, "channel", StringComparison.OrdinalIgnoreCase)) return Answers.Refused(http, Refusal.Invalid("kind", "chat.kind"));
        var audience = body.Audience?.Select(a => new ChannelAudience(a.Kind ?? AudienceKind.Organisation, a.Id ?? Guid.Empty)).ToList();
        var made = await service.CreateChannelAsync(caller.Actor, new NewChannel(body.Name ?? "", body.Topic ?? "", audience, body.People) { Announcements = body.Announcements ?? false, Marking = body.Marking });
        return made.Answer(http, Made);
    }

    private static IResult Made(ConversationCard card) => Results.Created($"/api/v1/conversations/{card.Id}", card);
}
