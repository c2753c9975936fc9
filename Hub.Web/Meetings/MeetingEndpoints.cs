using Hub.Domain;
using System.Text;
using Hub.Domain.Meetings;
using Hub.Domain.People;
using Hub.Web.Api;
using Hub.Web.SignIn;

namespace Hub.Web.Meetings;

/// <summary>A change: the draft, and the version that it is made to.</summary>
internal sealed record MeetingChange(string? Title, string? Start, string? End, string? TimeZone, IReadOnlyList<string?>? Attendees, string? Recurrence, string? Place, string? Notes, long? Version)
{
    public MeetingDraft Draft => new(Title, Start, End, TimeZone, Attendees, Recurrence, Place, Notes);
}

internal sealed record ResponseBody(string? Status);

internal sealed record OccurrencePage(IReadOnlyList<MeetingOccurrence> Items, string? Next);

/// <summary>/meetings of API.md.</summary>
internal static class MeetingEndpoints
{
    public static void MapMeetings(this RouteGroupBuilder api)
    {
        var meetings = api.MapGroup("/meetings").WithTags("Meetings").NeedsScope("meetings");

        // Without from and to: the next 31 days. A series without an end comes in pages, as every list does.
        meetings.MapGet("", async (Caller caller, HttpContext http, MeetingCalendar calendar, TimeProvider clock, string? from, string? to, int? limit, string? after, CancellationToken ct) =>
        {
            if (from is not null && UtcTime.Parse(from) is null) return Answers.Refused(http, Refusal.Invalid("from", "time"));
            if (to is not null && UtcTime.Parse(to) is null) return Answers.Refused(http, Refusal.Invalid("to", "time"));
            var start = UtcTime.Parse(from) ?? clock.Now();
            var end = UtcTime.Parse(to) ?? (LocalTimes.Holds(start) ? start.AddDays(31) : start);
            return (await calendar.OccurrencesAsync(caller.Actor, start, end, Math.Clamp(limit ?? 50, 1, 200), after, ct)).Answer(http, c => Results.Ok(new OccurrencePage(c.Items, c.Next)));
        }).Produces<OccurrencePage>();

        meetings.MapPost("", async (Caller caller, HttpContext http, MeetingService service, MeetingDraft body) =>
            (await service.BookAsync(caller.Actor, body)).Answer(http, m => Results.Created($"/api/v1/meetings/{m.Id}", m))).Produces<MeetingRecord>(201);

        meetings.MapPost("/conflicts", async (Caller caller, HttpContext http, MeetingCalendar calendar, MeetingDraft body, Guid? except) =>
            (await calendar.ClashesAsync(caller.Actor, body, except)).Answer(http, c => Results.Ok(new { items = c, next = (string?)null })));

        meetings.MapGet("/{id:guid}", async (Caller caller, HttpContext http, MeetingService service, Guid id) =>
            (await service.GetAsync(caller.Actor, id)).Answer(http)).Produces<MeetingRecord>();

        meetings.MapPut("/{id:guid}", async (Caller caller, HttpContext http, MeetingService service, Guid id, MeetingChange body) =>
            (await service.ChangeAsync(caller.Actor, id, body.Draft, body.Version)).Answer(http)).Produces<MeetingRecord>();

        meetings.MapDelete("/{id:guid}", async (Caller caller, HttpContext http, MeetingService service, Guid id) =>
            (await service.CancelAsync(caller.Actor, id)).Answer(http)).Produces<MeetingRecord>();

        meetings.MapGet("/{id:guid}.ics", async (Caller caller, HttpContext http, MeetingCalendar calendar, Guid id) =>
            (await calendar.ExportAsync(caller.Actor, id)).Answer(http, ics => Results.File(Encoding.UTF8.GetBytes(ics), "text/calendar; charset=utf-8", $"{id}.ics")));

        meetings.MapPost("/{id:guid}/response", async (Caller caller, HttpContext http, MeetingService service, Guid id, ResponseBody body) =>
            (await service.RespondAsync(caller.Actor, id, Status(body.Status))).Answer(http)).Produces<MeetingRecord>();
    }

    // Words only: a number that happens to be a status is not one. NeedsAction is refused by the service.
    private static AttendeeStatus Status(string? text) => text switch
    {
        "accepted" => AttendeeStatus.Accepted,
        "declined" => AttendeeStatus.Declined,
        "tentative" => AttendeeStatus.Tentative,
        _ => AttendeeStatus.NeedsAction,
    };
}
