using Hub.Domain;
using Hub.Domain.Chat;
using Hub.Web.Api;
using Hub.Web.SignIn;

namespace Hub.Web.Chat;

internal sealed record DetailsBody(string? Name, string? Topic, int? Version);

internal sealed record AnnouncementsBody(bool? On);

internal sealed record MarkingBody(string? Marking);

internal sealed record MuteBody(bool? Muted);

internal sealed record InviteBody(List<Guid>? People);

/// <summary>What a member may do; what is missing stays as it is.</summary>
internal sealed record MemberBody(ConversationRole? Role, bool? Poster);

/// <summary>/conversations: the directory, who is in a channel, and who runs it how.</summary>
internal static class ChannelEndpoints
{
    public static void MapChannels(this RouteGroupBuilder api)
    {
        var chat = api.MapGroup("/conversations").WithTags("Chat").NeedsScope("chat");
        chat.MapGet("/directory", async (Caller caller, HttpContext http, ChannelDirectory directory, string? q, string? sort, bool? archived, string? after, int? limit, CancellationToken ct) =>
            !Answers.TryWord<ChannelOrder>(sort, out var order) ? Answers.Refused(http, Refusal.Invalid("sort", "chat.sort"))
                : (await directory.BrowseAsync(caller.Actor, new ChannelQuery(q ?? "", order ?? ChannelOrder.Latest, archived ?? false, after, limit ?? 50), ct)).Answer(http)).Produces<Page<ConversationCard>>();
        chat.MapGet("/{id:guid}/about", async (Caller caller, HttpContext http, ChannelService service, Guid id, CancellationToken ct) =>
            (await service.AboutAsync(caller.Actor, id, ct)).Answer(http)).Produces<ChannelAbout>();
        chat.MapPut("/{id:guid}", async (Caller caller, HttpContext http, ChannelService service, Guid id, DetailsBody body) =>
            body.Version is not { } version ? Answers.Refused(http, Refusal.Invalid("version", "chat.version"))
                : (await service.ChangeAsync(caller.Actor, id, new ChannelDetails(body.Name ?? "", body.Topic ?? "", version))).Answer(http)).Produces<ConversationCard>();
        chat.MapPost("/{id:guid}/archive", async (Caller caller, HttpContext http, ChannelService service, Guid id) =>
            (await service.ArchiveAsync(caller.Actor, id, archived: true)).Answer(http)).Produces<ConversationCard>();
        chat.MapPost("/{id:guid}/unarchive", async (Caller caller, HttpContext http, ChannelService service, Guid id) =>
            (await service.ArchiveAsync(caller.Actor, id, archived: false)).Answer(http)).Produces<ConversationCard>();
        chat.MapPut("/{id:guid}/announcements", async (Caller caller, HttpContext http, ChannelService service, Guid id, AnnouncementsBody body) =>
            (await service.AnnounceAsync(caller.Actor, id, body.On ?? true)).Answer(http)).Produces<ConversationCard>();
        chat.MapPut("/{id:guid}/marking", async (Caller caller, HttpContext http, ChannelService service, Guid id, MarkingBody body) =>
            (await service.MarkAsync(caller.Actor, id, body.Marking)).Answer(http)).Produces<ConversationCard>();
        chat.MapPut("/{id:guid}/mute", async (Caller caller, HttpContext http, MemberService service, Guid id, MuteBody body) =>
            (await service.MuteAsync(caller.Actor, id, body.Muted ?? true)).Answer(http)).Produces<ConversationMuted>();
        chat.MapGet("/{id:guid}/members", async (Caller caller, HttpContext http, MemberService service, Guid id, string? q, string? after, int? limit, CancellationToken ct) =>
            (await service.ListAsync(caller.Actor, id, q ?? "", after, limit ?? 50, ct)).Answer(http)).Produces<Page<ChannelMember>>();
        chat.MapPost("/{id:guid}/members", async (Caller caller, HttpContext http, MemberService service, Guid id, InviteBody body) =>
            (await service.InviteAsync(caller.Actor, id, body.People ?? [])).Answer(http, added => Results.Ok(new Page<Author>(added, null)))).Produces<Page<Author>>();
        chat.MapPut("/{id:guid}/members/{person:guid}", async (Caller caller, HttpContext http, MemberService service, Guid id, Guid person, MemberBody body) =>
            (await service.SetAsync(caller.Actor, id, person, body.Role, body.Poster)).Answer(http)).Produces<ChannelMember>();
        chat.MapDelete("/{id:guid}/members/{person:guid}", async (Caller caller, HttpContext http, MemberService service, Guid id, Guid person) =>
            (await service.RemoveAsync(caller.Actor, id, person)).Answer(http, _ => Results.NoContent())).Produces(StatusCodes.Status204NoContent);
    }
}
