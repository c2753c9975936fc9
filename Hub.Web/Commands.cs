using System.Globalization;
using Hub.Domain.People;
using Hub.Domain.Seed;
using Hub.Domain.Storage;
using Hub.Web.Upkeep;
using Microsoft.EntityFrameworkCore;

namespace Hub.Web;

/// <summary>Commands of the same executable; what they print is for the administrator who runs them.</summary>
internal static class Commands
{
    private const string Usage = """
        Commands: migrate
                  seed demo
                  grant administrator EMAIL
                  grant compliance EMAIL
                  revoke administrator EMAIL
                  revoke compliance EMAIL
                  token create --person EMAIL [--days N] [--scopes SCOPE,SCOPE]
                  token revoke --person EMAIL
                  check [--address https://hub.example]
                  backup FILE
                  restore FILE
                  push keys
                  import articles FOLDER [--person EMAIL | --organisation DOMAIN] [--audience all | DOMAIN,DOMAIN]
                  import shifts FILE [--person EMAIL] [--timezone ZONE] [--of EMAIL] [--keep-good true] [--check-only true]
        """;

    /// <summary>Runs the command in <paramref name="args"/>: its exit code, or null when there is none and the hub starts.</summary>
    public static async Task<int?> RunAsync(WebApplication app, string[] args)
    {
        return Words(args) switch
        {
            [] => null,
            ["migrate"] => await MigrateAsync(app),
            ["seed", "demo"] => await SeedAsync(app),
            ["grant", "administrator", var email] => await ForPersonAsync(app, email, GrantAsync),
            ["grant", "compliance", var email] => await ForPersonAsync(app, email, GrantComplianceAsync),
            ["revoke", "administrator", var email] => await ForPersonAsync(app, email, (hub, person) => RevokeAsync(hub, person, Role.Administrator)),
            ["revoke", "compliance", var email] => await ForPersonAsync(app, email, (hub, person) => RevokeAsync(hub, person, Role.Compliance)),
            ["token", "create"] => await ForPersonAsync(app, app.Configuration["person"], CreateTokenAsync),
            ["token", "revoke"] => await ForPersonAsync(app, app.Configuration["person"], RevokeTokensAsync),
            ["check"] => await CheckCommand.RunAsync(new Looking(app.Configuration, app.Environment.IsDevelopment(), app.Services)),
            ["backup" or "restore", var file] => await BackupCommand.RunAsync(app, args[0], file),
            ["push", "keys"] => Done(Integrations.Push.PushSettings.NewKeys()),
            ["import", "articles", var folder] => await Knowledge.ImportCommand.RunAsync(app, folder),
            ["import", "shifts", var file] => await People.ShiftCommand.RunAsync(app, file),
            _ => Fail(Usage),
        };
    }

    /// <summary>The command itself; its options and the hub's settings follow.</summary>
    public static string[] Words(string[] args) => [.. args.TakeWhile(a => !a.StartsWith("--", StringComparison.Ordinal))];

    private static async Task<int> MigrateAsync(WebApplication app)
    {
        await HubStorage.MigrateAsync(app.Services.GetRequiredService<IDbContextFactory<HubDb>>());
        return Done("The schema is up to date.");
    }

    private static async Task<int> SeedAsync(WebApplication app)
    {
        await HubStorage.MigrateAsync(app.Services.GetRequiredService<IDbContextFactory<HubDb>>());
        return Done(await app.Services.GetRequiredService<DemoSeed>().MakeAsync() ? "The demonstration is there." : "There are people here already: nothing was changed.");
    }

    private static async Task<int> ForPersonAsync(WebApplication app, string? email, Func<WebApplication, Actor, Task<int>> run)
    {
        if (!await app.PrepareStorageAsync()) return 1;
        return email is not null && await app.Services.GetRequiredService<PeopleService>().ActorByEmailAsync(email) is { } person
            ? await run(app, person) : Fail("EMAIL names nobody who is active here.");
    }

    private static async Task<int> GrantAsync(WebApplication app, Actor person)
    {
        await app.Services.GetRequiredService<RoleService>().GrantAsync(person.PersonId, Role.Administrator, ScopeKind.Hub, null);
        return Done("They are an administrator of the whole hub.");
    }

    private static async Task<int> GrantComplianceAsync(WebApplication app, Actor person)
    {
        await using var db = await app.Services.GetRequiredService<IDbContextFactory<HubDb>>().CreateDbContextAsync();
        var body = await db.People.Where(p => p.Id == person.PersonId).Select(p => p.OrganisationId).SingleAsync();
        await app.Services.GetRequiredService<RoleService>().GrantAsync(person.PersonId, Role.Compliance, ScopeKind.Organisation, body);
        return Done("They hold Compliance for their own body.");
    }

    private static async Task<int> RevokeAsync(WebApplication app, Actor person, Role role) =>
        Done(await app.Services.GetRequiredService<RoleService>().EndAsync(person.PersonId, role) ? $"They no longer hold {role}." : $"They do not hold {role}: nothing was changed.");

    private static async Task<int> CreateTokenAsync(WebApplication app, Actor person)
    {
        var days = int.TryParse(app.Configuration["days"] ?? "90", NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : 0;
        var scopes = app.Configuration["scopes"]?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        var made = await app.Services.GetRequiredService<AccessTokenService>().CreateAsync(person.PersonId, "command line", days, scopes);
        if (made.Ok) return Done(made.Value);
        return Fail(made.Refusal!.Code == "token.days" ? "--days is 1 to 365." : $"--scopes are some of {string.Join(',', AccessScopes.All)}.");
    }

    private static async Task<int> RevokeTokensAsync(WebApplication app, Actor person) =>
        Done($"{await app.Services.GetRequiredService<AccessTokenService>().RevokeAllAsync(person.PersonId)} tokens were ended.");

    private static int Done(string what)
    {
        Console.WriteLine(what);
        return 0;
    }

    private static int Fail(string why)
    {
        Console.Error.WriteLine(why);
        return 2;
    }
}
