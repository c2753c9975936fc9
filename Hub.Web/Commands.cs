using Hub.Domain.People;
using Hub.Domain.Seed;
using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Web;

/// <summary>Commands of the same executable; what they print is for the administrator who runs them.</summary>
internal static class Commands
{
    private const string Usage = "Commands: migrate | seed demo | token create --person EMAIL [--days N]";

    /// <summary>Runs the command in <paramref name="args"/>: its exit code, or null when there is none and the hub starts.</summary>
    public static async Task<int?> RunAsync(WebApplication app, string[] args)
    {
        var words = args.TakeWhile(a => !a.StartsWith("--", StringComparison.Ordinal)).ToArray();
        if (words.Length == 0) return null;
        var services = app.Services;
        var hub = services.GetRequiredService<IDbContextFactory<HubDb>>();
        switch (words)
        {
            case ["migrate"]:
                await HubStorage.MigrateAsync(hub);
                Console.WriteLine("The schema is up to date.");
                return 0;
            case ["seed", "demo"]:
                await HubStorage.MigrateAsync(hub);
                Console.WriteLine(await services.GetRequiredService<DemoSeed>().MakeAsync() ? "The demonstration is there." : "There are people here already: nothing was changed.");
                return 0;
            case ["token", "create"]:
                var people = services.GetRequiredService<PeopleService>();
                if (app.Configuration["person"] is not { } email || await people.ActorByEmailAsync(email) is not { } actor) return Fail("--person EMAIL names nobody who is active here.");
                var made = await services.GetRequiredService<AccessTokenService>().CreateAsync(actor, "command line", app.Configuration.GetValue("days", 90));
                if (!made.Ok) return Fail("--days is 1 to 365.");
                Console.WriteLine(made.Value);
                return 0;
            default:
                return Fail(Usage);
        }
    }

    private static int Fail(string why)
    {
        Console.Error.WriteLine(why);
        return 2;
    }
}
