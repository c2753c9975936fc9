using Hub.Domain;
using Hub.Domain.Chat;
using Hub.Domain.People;
using Hub.Web.Api;
using Hub.Web.SignIn;

namespace Hub.Web.Chat;

/// <summary>A message to post later. The time is an instant (<c>at</c>) or what the clocks will show (<c>local</c>).</summary>
internal sealed record LaterBody(Guid? ClientMessageId, string? Text, Guid? ThreadId, bool? AlsoToConversation, List<Guid>? FileIds, DateTime? At, string? Local, int? Confirmed);

internal sealed record LaterChangeBody(string? Text, DateTime? At, string? Local, int? Version, int? Confirmed);

internal sealed record SendBody(int? Version, int? Confirmed);

internal sealed record ReminderBody(Guid? MessageId, string? Note, DateTime? At, string? Local);

internal sealed record ReminderChangeBody(string? Note, DateTime? At, string? Local, int? Version);

/// <summary>Messages that are posted later, and reminders.</summary>
internal static class LaterEndpoints
{
    public static void MapLater(this RouteGroupBuilder api)
    {
        api.MapPost("/conversations/{id:guid}/later", ScheduleAsync).Produces<LaterRecord>(StatusCodes.Status201Created).Produces<LaterRecord>().WithTags("Chat").NeedsScope("chat");
        var mine = api.MapGroup("/me").WithTags("Chat").NeedsScope("chat");
        mine.MapGet("/times", TimesAsync).Produces<Page<LaterTime>>();

        mine.MapGet("/later", async (Caller caller, HttpContext http, LaterService service, Guid? conversation, string? after, int? limit, CancellationToken ct) =>
            await service.ListAsync(caller.Actor, conversation, ct) is { Ok: true, Value: var all } ? Pages.From(all, l => l.Id.ToString(), after, limit).Answer(http) : Answers.Refused(http, Refusal.NotFound)).Produces<Page<LaterRecord>>();
        mine.MapGet("/later/{id:guid}", async (Caller caller, HttpContext http, LaterService service, Guid id, CancellationToken ct) =>
            (await service.GetAsync(caller.Actor, id, ct)).Answer(http)).Produces<LaterRecord>();
        mine.MapPatch("/later/{id:guid}", async (Caller caller, HttpContext http, LaterService service, Guid id, LaterChangeBody body) =>
            body.Version is not { } version ? Answers.Refused(http, Refusal.Invalid("version", "message.version"))
                : LaterTimes.Read(body.At, body.Local) is not { Ok: true, Value: var at } ? Answers.Refused(http, Refusal.Invalid("local", "later.local"))
                : (await service.ChangeAsync(caller.Actor, id, new LaterChange(version, body.Text, at, body.Confirmed ?? 0))).Answer(http)).Produces<LaterRecord>();
        mine.MapDelete("/later/{id:guid}", async (Caller caller, HttpContext http, LaterService service, Guid id, int? version) =>
            version is not { } seen ? Answers.Refused(http, Refusal.Invalid("version", "message.version"))
                : (await service.DiscardAsync(caller.Actor, id, seen)).Answer(http, _ => Results.NoContent())).Produces(StatusCodes.Status204NoContent);
        mine.MapPost("/later/{id:guid}/send", async (Caller caller, HttpContext http, LaterService service, Guid id, SendBody body) =>
            body.Version is not { } version ? Answers.Refused(http, Refusal.Invalid("version", "message.version"))
                : (await service.SendNowAsync(caller.Actor, id, version, body.Confirmed ?? 0)).Answer(http, p => Results.Ok(p.Message))).Produces<MessageRecord>();

        mine.MapGet("/reminders", async (Caller caller, HttpContext http, ReminderService service, string? after, int? limit, CancellationToken ct) =>
            await service.ListAsync(caller.Actor, ct) is { Ok: true, Value: var all } ? Pages.From(all, r => r.Id.ToString(), after, limit).Answer(http) : Answers.Refused(http, Refusal.NotFound)).Produces<Page<ReminderRecord>>();
        mine.MapGet("/reminders/{id:guid}", async (Caller caller, HttpContext http, ReminderService service, Guid id, CancellationToken ct) =>
            (await service.GetAsync(caller.Actor, id, ct)).Answer(http)).Produces<ReminderRecord>();
        mine.MapPost("/reminders", async (Caller caller, HttpContext http, ReminderService service, ReminderBody body) =>
            LaterTimes.Read(body.At, body.Local) is not { Ok: true, Value: { } at } ? Answers.Refused(http, Refusal.Invalid("at", "later.at"))
                : (await service.CreateAsync(caller.Actor, new NewReminder(at, body.MessageId, body.Note ?? ""))).Answer(http, r => Results.Created($"/api/v1/me/reminders/{r.Id}", r))).Produces<ReminderRecord>(StatusCodes.Status201Created);
        mine.MapPatch("/reminders/{id:guid}", async (Caller caller, HttpContext http, ReminderService service, Guid id, ReminderChangeBody body) =>
            body.Version is not { } version ? Answers.Refused(http, Refusal.Invalid("version", "reminder.version"))
                : LaterTimes.Read(body.At, body.Local) is not { Ok: true, Value: var at } ? Answers.Refused(http, Refusal.Invalid("local", "later.local"))
                : (await service.ChangeAsync(caller.Actor, id, new ReminderChange(version, body.Note, at))).Answer(http)).Produces<ReminderRecord>();
        mine.MapDelete("/reminders/{id:guid}", async (Caller caller, HttpContext http, ReminderService service, Guid id, int? version) =>
            version is not { } seen ? Answers.Refused(http, Refusal.Invalid("version", "reminder.version"))
                : (await service.DiscardAsync(caller.Actor, id, seen)).Answer(http, _ => Results.NoContent())).Produces(StatusCodes.Status204NoContent);
    }

    private static async Task<IResult> ScheduleAsync(Caller caller, HttpContext http, LaterService service, Guid id, LaterBody body)
    {
        if (LaterTimes.Read(body.At, body.Local) is not { Ok: true, Value: { } at }) return Answers.Refused(http, Refusal.Invalid("at", "later.at"));
        var message = new NewLater(body.ClientMessageId ?? Guid.Empty, body.Text ?? "", at)
            { ThreadId = body.ThreadId, AlsoToConversation = body.AlsoToConversation ?? false, FileIds = body.FileIds ?? [], Confirmed = body.Confirmed ?? 0 };
        return (await service.ScheduleAsync(caller.Actor, id, message)).Answer(http, s => s.New ? Results.Created($"/api/v1/me/later/{s.Message.Id}", s.Message) : Results.Ok(s.Message));
    }

    // Days and hours are those where the people are, as on the page.
    private static async Task<IResult> TimesAsync(Caller caller, ShiftService shifts, TimeProvider clock, CancellationToken ct)
    {
        var now = clock.Now();
        var next = await shifts.ListAsync(caller.Actor, caller.Actor.PersonId, now, now + LaterService.Latest, ct) is { Ok: true, Value: var own }
            ? own.Where(s => s.StartsAt >= now + LaterService.Soonest).Select(s => (DateTime?)s.StartsAt).FirstOrDefault() : null;
        return Results.Ok(new Page<LaterTime>(LaterTimes.Of(now, next), null));
    }
}
