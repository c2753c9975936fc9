using System.Diagnostics;
using Hub.Domain.Knowledge;
using Hub.Domain.People;
using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Web.Knowledge;

/// <summary>
/// <c>import articles FOLDER [--person EMAIL | --organisation DOMAIN] [--audience all | DOMAIN,DOMAIN]</c>: what it prints is
/// for the administrator who runs it. Without options a knowledge manager of the largest body imports, for that body.
/// </summary>
internal static class ImportCommand
{
    public static async Task<int> RunAsync(WebApplication app, string folder)
    {
        if (!Directory.Exists(folder)) return Fail($"There is no folder {folder}.");
        if (!await app.PrepareStorageAsync()) return 1;
        var (services, options) = (app.Services, app.Configuration);
        var import = services.GetRequiredService<ArticleImport>();
        var actor = options["person"] is { } email
            ? await services.GetRequiredService<PeopleService>().ActorByEmailAsync(email)
            : await import.ManagerAsync(options["organisation"]);
        if (actor is null)
            return Fail("Nobody can import: --person EMAIL names an active knowledge manager, --organisation DOMAIN a body that has one.");
        var audience = options["audience"] is { } words ? await import.AudienceAsync(words) : [];
        if (audience is null) return Fail("--audience is \"all\", or domains of bodies with commas between.");
        await using (var db = await services.GetRequiredService<IDbContextFactory<HubDb>>().CreateDbContextAsync())
        {
            var who = await db.People.Where(p => p.Id == actor.PersonId).Select(p => new { p.Name, Body = p.Organisation.Name }).FirstAsync();
            Console.WriteLine($"Importing {Path.GetFullPath(folder)} as {who.Name}, for {who.Body}.");
        }
        var time = Stopwatch.StartNew();
        var done = await import.ImportAsync(actor, folder, audience.Count == 0 ? null : audience, (n, all) => Console.WriteLine($"  {n} of {all}"));
        if (!done.Ok) return Fail("--person EMAIL must name a knowledge manager of their own body.");
        var report = done.Value;
        foreach (var file in report.Refused) Console.WriteLine($"  refused {file.Path}: {Reason(file.Why)}");
        Console.WriteLine($"{report.Imported} imported, {report.Unchanged} unchanged, {report.Changed} changed, {report.Refused.Count} refused, in {time.Elapsed.TotalSeconds:0.0} s.");
        return 0;
    }

    private static string Reason(string why) => why switch
    {
        "notUtf8" => "it is not UTF-8 text",
        "nul" => "it contains a character that cannot be stored (U+0000)",
        "title" => $"its title has more than {KnowledgeService.MostTitle} characters",
        "tooLong" => $"it has more than {KnowledgeService.MostBody} characters",
        "path" => "its path has more than 500 characters",
        _ => "it cannot be read",
    };

    private static int Fail(string why)
    {
        Console.Error.WriteLine(why);
        return 2;
    }
}
