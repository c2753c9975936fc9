using Hub.Domain;
using Hub.Domain.Chat;
using Hub.Domain.Notifications;
using Hub.Web.Api;
using Hub.Web.SignIn;

namespace Hub.Web.Notifications;

internal sealed record PreferencesBody(bool? Mail, bool? Push, List<string>? Words);

internal sealed record AlertsBody(MemberAlerts? Alerts);

/// <summary>A subscription as a browser writes it (Push API, <c>PushSubscription.toJSON</c>).</summary>
internal sealed record SubscriptionBody(string? Endpoint, SubscriptionKeys? Keys);

internal sealed record SubscriptionKeys(string? P256dh, string? Auth);

/// <summary>/inbox, and what comes into it.</summary>
internal static class NotificationEndpoints
{
    public static void MapNotifications(this RouteGroupBuilder api)
    {
        var inbox = api.MapGroup("/inbox").WithTags("Inbox").NeedsScope("inbox");
        inbox.MapGet("", async (Caller caller, HttpContext http, InboxService service, string? show, string? after, int? limit, CancellationToken ct) =>
            View(show) is not { } view ? Answers.Refused(http, Refusal.Invalid("show", "inbox.show"))
                : (await service.ListAsync(caller.Actor, view, after, limit ?? 50, ct)).Answer(http)).Produces<Page<InboxEntry>>();
        inbox.MapPut("/{id:guid}/read", async (Caller caller, HttpContext http, InboxService service, Guid id) =>
            (await service.ReadAsync(caller.Actor, id)).Answer(http, _ => Results.NoContent())).Produces(StatusCodes.Status204NoContent);
        inbox.MapPost("/read-all", async (Caller caller, HttpContext http, InboxService service) =>
            (await service.ReadAllAsync(caller.Actor)).Answer(http, _ => Results.NoContent())).Produces(StatusCodes.Status204NoContent);
        var choices = api.MapGroup("").WithTags("Inbox").NeedsScope("inbox");
        choices.MapGet("/me/preferences", async (Caller caller, HttpContext http, PreferenceService service, CancellationToken ct) =>
            (await service.GetAsync(caller.Actor, ct)).Answer(http)).Produces<Preferences>();
        choices.MapPut("/me/preferences", async (Caller caller, HttpContext http, PreferenceService service, PreferencesBody body) =>
            (await service.SaveAsync(caller.Actor, body.Mail ?? true, body.Words ?? [], body.Push)).Answer(http)).Produces<Preferences>();
        choices.MapPut("/conversations/{id:guid}/alerts", async (Caller caller, HttpContext http, PreferenceService service, Guid id, AlertsBody body) =>
            body.Alerts is not { } alerts ? Answers.Refused(http, Refusal.Invalid("alerts", "preferences.alerts"))
                : (await service.ChooseAsync(caller.Actor, id, alerts)).Answer(http)).Produces<ConversationAlerts>();
        choices.MapGet("/me/push", async (Caller caller, HttpContext http, PushDeviceService service, CancellationToken ct) =>
            (await service.GetAsync(caller.Actor, ct)).Answer(http)).Produces<MyPush>();
        choices.MapPut("/me/push/devices", SubscribeAsync).Produces<PushDeviceRecord>();
        choices.MapDelete("/me/push/devices/{id:guid}", async (Caller caller, HttpContext http, PushDeviceService service, Guid id) =>
            (await service.RemoveAsync(caller.Actor, id)).Answer(http, _ => Results.NoContent())).Produces(StatusCodes.Status204NoContent);
    }

    private static async Task<IResult> SubscribeAsync(Caller caller, HttpContext http, PushDeviceService service, SubscriptionBody body)
    {
        // What a token had registered would still be told when the token has ended.
        if (!http.IsSession()) return Answers.Refused(http, new Refusal(RefusalKind.Forbidden, "push.session"));
        var (kind, browser) = Browsers.Of(http.Request.Headers.UserAgent.ToString());
        return (await service.AddAsync(caller.Actor, new NewPushDevice(new PushTarget(body.Endpoint ?? "", body.Keys?.P256dh ?? "", body.Keys?.Auth ?? ""), kind, browser))).Answer(http);
    }

    /// <summary>"unread" → Unread; nothing → All; null for what is no view.</summary>
    internal static InboxView? View(string? name) => name?.ToLowerInvariant() switch
    {
        null or "" or "all" => InboxView.All,
        "unread" => InboxView.Unread,
        "mentions" => InboxView.Mentions,
        _ => null,
    };
}
