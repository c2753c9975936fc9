using System.Text;
using Hub.Domain;
using Hub.Domain.People;
using Hub.Web.Api;
using Hub.Web.Shell;
using Hub.Web.SignIn;
using Microsoft.Extensions.Localization;

namespace Hub.Web.People;

/// <summary>A shift to add, or what one is to be with the version that was seen.</summary>
internal sealed record ShiftBody(DateTime? StartsAt, DateTime? EndsAt, int? Version);

/// <summary>A line or an event that cannot be taken, and why in words.</summary>
internal sealed record WrongShift(int Number, string Code, string Reason);

/// <summary>What an import did, or would do.</summary>
internal sealed record ShiftImportAnswer(bool Stored, int People, int Added, int Removed, int Unchanged, DateTime? From, DateTime? To, IReadOnlyList<WrongShift> Wrong);

/// <summary>Shifts and teams.</summary>
internal static class ShiftEndpoints
{
    public static void MapShifts(this RouteGroupBuilder people)
    {
        people.MapGet("/people/{id:guid}/shifts", ListAsync).Produces<Page<ShiftRecord>>();
        people.MapPost("/people/{id:guid}/shifts", async (Caller caller, HttpContext http, ShiftService service, Guid id, ShiftBody body) =>
            body is not { StartsAt: { } from, EndsAt: { } to } ? Answers.Refused(http, Refusal.Invalid(body.StartsAt is null ? "startsAt" : "endsAt", "time"))
                : (await service.AddAsync(caller.Actor, id, new ShiftTimes(from, to))).Answer(http, s => Results.Created($"/api/v1/people/{id}/shifts", s))).Produces<ShiftRecord>(201);
        people.MapPut("/shifts/{id:guid}", async (Caller caller, HttpContext http, ShiftService service, Guid id, ShiftBody body) =>
            body.Version is not { } version ? Answers.Refused(http, Refusal.Invalid("version", "shifts.version"))
                : body is not { StartsAt: { } from, EndsAt: { } to } ? Answers.Refused(http, Refusal.Invalid(body.StartsAt is null ? "startsAt" : "endsAt", "time"))
                : (await service.ChangeAsync(caller.Actor, id, new ShiftTimes(from, to), version)).Answer(http)).Produces<ShiftRecord>();
        people.MapDelete("/shifts/{id:guid}", async (Caller caller, HttpContext http, ShiftService service, Guid id, int? version) =>
            version is not { } seen ? Answers.Refused(http, Refusal.Invalid("version", "shifts.version"))
                : (await service.RemoveAsync(caller.Actor, id, seen)).Answer(http, _ => Results.NoContent())).Produces(204);
        people.MapGet("/me/shifts.ics", async (Caller caller, HttpContext http, ShiftService service, IStringLocalizer<PeopleText> words, CancellationToken ct) =>
            (await service.ExportAsync(caller.Actor, words["Shift.Title"], ct)).Answer(http, ics => Results.File(Encoding.UTF8.GetBytes(ics), "text/calendar; charset=utf-8", "shifts.ics")));
        people.MapGet("/me/team", async (Caller caller, HttpContext http, TeamService service, Guid? unit, CancellationToken ct) =>
            (await service.GetAsync(caller.Actor, unit, ct)).Answer(http)).Produces<TeamView>();
        // The body is the file itself: text/csv or text/calendar.
        people.MapPost("/shifts/import", ImportAsync).Produces<ShiftImportAnswer>();
    }

    // Without from and to: the next 31 days.
    private static async Task<IResult> ListAsync(Caller caller, HttpContext http, ShiftService service, TimeProvider clock, Guid id, string? from, string? to, string? after, int? limit, CancellationToken ct)
    {
        if (from is not null && UtcTime.Parse(from) is null) return Answers.Refused(http, Refusal.Invalid("from", "time"));
        if (to is not null && UtcTime.Parse(to) is null) return Answers.Refused(http, Refusal.Invalid("to", "time"));
        var start = UtcTime.Parse(from) ?? clock.Now();
        var found = await service.ListAsync(caller.Actor, id, start, UtcTime.Parse(to) ?? (start.Year < 9999 ? start.AddDays(31) : start), ct);
        return found.Refusal is { } refusal ? Answers.Refused(http, refusal) : Pages.From(found.Value, s => s.Id.ToString(), after, limit).Answer(http);
    }

    private static async Task<IResult> ImportAsync(Caller caller, HttpContext http, ShiftImport import, Refusals words, string? timeZone, string? person, bool? keepGood, bool? checkOnly, CancellationToken ct)
    {
        ShiftFormat? format = http.Request.ContentType?.Split(';')[0].Trim().ToLowerInvariant() switch { "text/csv" => ShiftFormat.Csv, "text/calendar" => ShiftFormat.Calendar, _ => null };
        if (format is null) return Answers.Refused(http, Refusal.Invalid("file", "shifts.type"));
        using var reader = new StreamReader(http.Request.Body, Encoding.UTF8);
        if (await ReadAsync(reader, ct) is not { } text) return Answers.Refused(http, Refusal.Invalid("file", "shifts.tooLong", ShiftImport.MostCharacters / 1_000_000));
        var done = await import.ImportAsync(caller.Actor, new ShiftFile(text, format.Value, timeZone ?? LocalTime.Zone.Id, person), keepGood ?? false, checkOnly ?? false, ct);
        return done.Answer(http, r =>
        {
            var wrong = r.Bad.Take(1000).Select(b => new WrongShift(b.Number, b.Code, words.Text(b.Code, b.About))).ToList();
            var answer = new ShiftImportAnswer(r.Stored, r.People, r.Added, r.Removed, r.Unchanged, r.From, r.To, wrong);
            return r.Stored || checkOnly == true ? Results.Ok(answer)
                : Results.Problem(title: words.Text("shifts.wrong", r.Bad.Count), statusCode: StatusCodes.Status422UnprocessableEntity,
                    extensions: new Dictionary<string, object?>(StringComparer.Ordinal) { ["code"] = "shifts.wrong", ["report"] = answer });
        });
    }

    // No longer than a file may be, however long what is sent.
    private static async Task<string?> ReadAsync(StreamReader reader, CancellationToken ct)
    {
        var (text, part) = (new StringBuilder(), new char[16 * 1024]);
        int length;
        while ((length = await reader.ReadAsync(part, ct)) > 0)
            if (text.Append(part, 0, length).Length > ShiftImport.MostCharacters) return null;
        return text.ToString();
    }
}
