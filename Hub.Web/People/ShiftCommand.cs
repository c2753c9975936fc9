using System.Globalization;
using Hub.Domain.People;
using Hub.Web.Shell;

namespace Hub.Web.People;

/// <summary>
/// <c>import shifts FILE [--person EMAIL] [--timezone ZONE] [--of EMAIL] [--keep-good true] [--check-only true]</c>: for everybody, or as the supervisor or administrator
/// that <c>--person</c> names; <c>--of</c> says whose an iCalendar file without ATTENDEE is. What it prints is for the administrator who runs it.
/// </summary>
internal static class ShiftCommand
{
    public static async Task<int> RunAsync(WebApplication app, string path)
    {
        if (!File.Exists(path)) return Fail($"There is no file {path}.");
        ShiftFormat? format = Path.GetExtension(path).ToLowerInvariant() switch { ".csv" => ShiftFormat.Csv, ".ics" or ".ical" => ShiftFormat.Calendar, _ => null };
        if (format is null) return Fail("FILE ends in .csv or .ics.");
        if (!await app.PrepareStorageAsync()) return 1;
        var (options, import) = (app.Configuration, app.Services.GetRequiredService<ShiftImport>());
        var file = new ShiftFile(await File.ReadAllTextAsync(path), format.Value, options["timezone"] ?? LocalTime.Zone.Id, options["of"]);
        var (keepGood, checkOnly) = (options.GetValue<bool>("keep-good"), options.GetValue<bool>("check-only"));
        var actor = options["person"] is { } email ? await app.Services.GetRequiredService<PeopleService>().ActorByEmailAsync(email) : null;
        if (actor is null && options["person"] is not null) return Fail("--person EMAIL names nobody who is active here.");
        var done = actor is null ? await import.ImportAsync(file, keepGood, checkOnly) : await import.ImportAsync(actor, file, keepGood, checkOnly);
        var words = app.Services.GetRequiredService<Refusals>();
        if (done.Refusal is { } refusal) return Fail(words.Text(refusal));
        var report = done.Value;
        foreach (var bad in report.Bad) await Console.Error.WriteLineAsync($"  {bad.Number.ToString(CultureInfo.InvariantCulture)}: {words.Text(bad.Code, bad.About)}");
        if (!report.Stored && !checkOnly) return Fail($"Nothing was imported: {report.Bad.Count} lines or events are wrong. Correct them, or take the people without one: --keep-good true");
        Console.WriteLine($"{(report.Stored ? "Imported" : "Would import")} {report.People} people: {report.Added} shifts added, {report.Removed} removed, {report.Unchanged} unchanged.");
        return 0;
    }

    private static int Fail(string why)
    {
        Console.Error.WriteLine(why);
        return 2;
    }
}
