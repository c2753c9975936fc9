using System.Net.Http.Headers;
using Hub.Domain.People;
using Hub.Domain.Storage;
using Hub.Tests.Api;
using Hub.Tests.Faults;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using static System.Net.HttpStatusCode;

namespace Hub.Tests.Commands;

/// <summary>The commands of the executable, run as an administrator runs them.</summary>
public sealed class CommandTests
{
    private const string Amara = "amara.osei@northbridge.example";

    internal static readonly string[] Entra =
        ["--AzureAd:Instance", "https://login.example/", "--AzureAd:TenantId", "0190a0a0-0000-7000-8000-000000000001", "--AzureAd:ClientId", "0190a0a0-0000-7000-8000-000000000002", "--AzureAd:ClientSecret", "none"];

    [Fact]
    public async Task Outside_development_the_hub_does_not_start_without_Entra_and_says_why()
    {
        await using var hub = new HubProcess { Environment = "Production" };
        var (code, said, complained) = await hub.RunAsync("--urls", hub.Address);
        Assert.Equal((1, ""), (code, said));
        Assert.Contains("AzureAd", complained, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", complained, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Storage:Provider", "Oracle")]
    [InlineData("Storage:Provider", "PostgreSQL", "ConnectionStrings:Hub")]
    [InlineData("Clock:Offset", "tomorrow")]
    [InlineData("Clock:Offset", "9999999.00:00:00")]
    [InlineData("Proxy:Known", "10.0.0.1, everywhere")]
    [InlineData("Live:CheckSeconds", "0")]
    [InlineData("Live:CheckSeconds", "often")]
    [InlineData("Storage:Folder", "/dev/null/data")]
    [InlineData("Keys:Certificate", "/nowhere/at/all.pfx")]
    public async Task With_settings_that_cannot_be_the_hub_does_not_start_and_says_why_in_a_sentence(string setting, string value, string? named = null)
    {
        await using var hub = new HubProcess { Settings = [$"--{setting}", value] };
        var (code, said, complained) = await hub.RunAsync("--urls", hub.Address);
        Assert.Equal((1, ""), (code, said));
        Assert.Contains(named ?? setting, Assert.Single(complained.Split('\n')), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Outside_development_the_hub_does_not_start_on_an_old_schema_until_it_is_migrated()
    {
        await using var hub = new HubProcess { Environment = "Production", Settings = Entra };
        var (code, said, complained) = await hub.RunAsync("--urls", hub.Address);
        Assert.Equal(1, code);
        Assert.Contains("\"migrate\"", said + complained, StringComparison.Ordinal);
        Assert.Equal(1, (await hub.RunAsync("grant", "administrator", Amara)).Code);

        Assert.Equal((0, "The schema is up to date.", ""), await hub.RunAsync("migrate"));
        Assert.Equal(0, (await hub.RunAsync("migrate")).Code);
        await using (var services = hub.Services())
        {
            var db = services.GetRequiredService<IDbContextFactory<HubDb>>();
            Assert.Empty(await HubStorage.PendingMigrationsAsync(db));
        }
        await hub.StartAsync();
    }

    [Fact]
    public async Task The_demonstration_is_made_once()
    {
        await using var hub = new HubProcess();
        Assert.Equal((0, "The demonstration is there.", ""), await hub.RunAsync("seed", "demo"));
        var first = await RowsAsync(hub);
        Assert.Equal(0, (await hub.RunAsync("seed", "demo")).Code);
        Assert.Equal(first, await RowsAsync(hub));
        Assert.True(first["people"] >= 60 && first["messages"] > 100 && first["articles"] >= 40, string.Join(' ', first));
    }

    [Fact]
    public async Task Check_says_what_is_wrong_on_standard_error_and_ends_with_1_though_the_hub_could_not_start()
    {
        await using var hub = new HubProcess { Environment = "Production" };
        var (code, said, complained) = await hub.RunAsync("check", "--address", hub.Address);
        Assert.Equal(1, code);
        foreach (var what in new[] { "settings", "database", "sign-in", "address" }) Assert.Contains(complained.Split('\n'), l => l.StartsWith($"wrong    {what} ", StringComparison.Ordinal));
        foreach (var line in new[] { "ok       redis ", "ok       clock ", "ok       disk " }) Assert.Contains(said.Split('\n'), l => l.StartsWith(line, StringComparison.Ordinal));
        Assert.Contains("4 wrong", said.Split('\n')[^1], StringComparison.Ordinal);
        Assert.Equal(2, (await hub.RunAsync("backup", Path.Combine(Path.GetTempPath(), Guid.NewGuid().ToString("N")), "--Seed:Demo", "false", "--environment", "Development")).Code);
    }

    [Fact]
    public async Task Check_of_a_hub_that_runs_finds_nothing_wrong()
    {
        await using var hub = new HubProcess { Seeded = true };
        await hub.StartAsync();
        var (code, said, complained) = await hub.RunAsync("check", "--address", hub.Address);
        Assert.Equal((0, ""), (code, complained));
        foreach (var what in new[] { "settings", "database", "journal", "schema", "audit", "integrity", "redis", "keys", "device management", "clock", "disk", "address", "ready", "websockets", "scheme" })
            Assert.Contains(said.Split('\n'), l => l.StartsWith($"ok       {what} ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Keys_for_push_are_printed_as_settings_and_are_a_pair()
    {
        await using var hub = new HubProcess { Seeded = true };
        var (code, said, complained) = await hub.RunAsync("push", "keys");
        Assert.Equal((0, ""), (code, complained));
        var keys = said.Split('\n').Select(l => l.Split('=')).ToDictionary(l => l[0], l => l[1], StringComparer.Ordinal);
        Assert.Equal(["Push__PrivateKey", "Push__PublicKey"], keys.Keys.Order(StringComparer.Ordinal));
        var check = await hub.RunAsync("check", "--Push:PublicKey", keys["Push__PublicKey"], "--Push:PrivateKey", keys["Push__PrivateKey"], "--Push:Subject", "mailto:hub@northbridge.example");
        Assert.Contains(check.Said.Split('\n'), l => l.StartsWith("ok       push ", StringComparison.Ordinal) && l.Contains("are a pair", StringComparison.Ordinal));
        Assert.DoesNotContain(keys["Push__PrivateKey"], check.Said + check.Complained, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tokens_roles_and_articles_come_from_the_command_line()
    {
        await using var hub = new HubProcess { Seeded = true };
        await hub.StartAsync();

        // A token works, within its scopes, until it is ended.
        var (code, token, complained) = await hub.RunAsync("token", "create", "--person", Amara, "--days", "2");
        Assert.Equal((0, ""), (code, complained));
        Assert.Matches("^hub_[A-Za-z0-9_-]{43}$", token);
        using var amara = Program(hub, token);
        Assert.Equal(Amara, (await amara.GetAsync("/me", OK)).Text("email"));
        using var narrow = Program(hub, (await hub.RunAsync("token", "create", "--person", Amara, "--scopes", "people:read,chat:read")).Said);
        await narrow.GetAsync("/me", OK);
        await narrow.GetAsync("/articles", Forbidden);

        // Nobody outside Development makes the first administrator but this; again changes nothing.
        Assert.DoesNotContain("Administrator", await RolesAsync(amara));
        for (var i = 0; i < 2; i++) Assert.Equal((0, "They are an administrator of the whole hub.", ""), await hub.RunAsync("grant", "administrator", Amara));
        Assert.Contains("Administrator", await RolesAsync(amara));
        await using (var services = hub.Services())
        {
            await using var db = await services.GetRequiredService<IDbContextFactory<HubDb>>().CreateDbContextAsync();
            var id = (await services.GetRequiredService<PeopleService>().ActorByEmailAsync(Amara))!.PersonId;
            // Whoever sits at the machine makes the token, not the person it is for.
            Assert.Equal([null, null], await db.AuditEntries.Where(a => a.Action == "token.create").Select(a => a.PersonId).ToListAsync());
            var grant = Assert.Single(await db.AuditEntries.Where(a => a.Action == "role.grant" && a.SubjectId == id).ToListAsync());
            Assert.Equal((null, "Administrator Hub"), (grant.PersonId, grant.Detail.TrimEnd()));
            Assert.Single(await db.RoleGrants.Where(r => r.PersonId == id && r.Role == Role.Administrator).ToListAsync());
        }
        await amara.GetAsync("/compliance/retention", NotFound);
        Assert.Equal((0, "They hold Compliance for their own body.", ""), await hub.RunAsync("grant", "compliance", Amara));
        Assert.Equal("Northbridge Police", Assert.Single((await amara.GetAsync("/compliance/retention", OK)).Items().Select(r => r.Text("organisation")).Distinct()));
        // Taken back at once, with nothing but that role; again changes nothing.
        Assert.Equal((0, "They no longer hold Compliance.", ""), await hub.RunAsync("revoke", "compliance", Amara));
        await amara.GetAsync("/compliance/retention", NotFound);
        Assert.Equal((0, "They do not hold Compliance: nothing was changed.", ""), await hub.RunAsync("revoke", "compliance", Amara));
        Assert.Contains("Administrator", await RolesAsync(amara));
        Assert.Equal((0, "They no longer hold Administrator.", ""), await hub.RunAsync("revoke", "administrator", Amara));
        Assert.DoesNotContain("Administrator", await RolesAsync(amara));
        await using (var services = hub.Services())
        {
            await using var db = await services.GetRequiredService<IDbContextFactory<HubDb>>().CreateDbContextAsync();
            var id = (await services.GetRequiredService<PeopleService>().ActorByEmailAsync(Amara))!.PersonId;
            Assert.Equal([null, null], await db.AuditEntries.Where(a => a.Action == "role.end" && a.SubjectId == id).Select(a => a.PersonId).ToListAsync());
            Assert.Equal(2, await db.RoleGrants.CountAsync(r => r.PersonId == id && r.EndedAt != null && r.EndedById == null));
        }

        var folder = Directory.CreateTempSubdirectory("hub-import-");
        await File.WriteAllTextAsync(Path.Combine(folder.FullName, "quokka.md"), "# Feeding the station quokka\n\nLeaves, and no chips.\n");
        var (imported, report, _) = await hub.RunAsync("import", "articles", folder.FullName);
        Assert.Equal(0, imported);
        Assert.Contains("1 imported, 0 unchanged", report, StringComparison.Ordinal);
        Assert.Contains("0 imported, 1 unchanged", (await hub.RunAsync("import", "articles", folder.FullName)).Said, StringComparison.Ordinal);
        folder.Delete(recursive: true);
        Assert.Equal("Feeding the station quokka", Assert.Single((await amara.GetAsync("/search?q=quokka&kind=article", OK)).Items()).Text("title"));

        Assert.Equal((0, "2 tokens were ended.", ""), await hub.RunAsync("token", "revoke", "--person", Amara));
        await amara.GetAsync("/me", Unauthorized);
        await narrow.GetAsync("/me", Unauthorized);
    }

    [Fact]
    public async Task What_cannot_be_done_says_so_and_does_nothing()
    {
        await using var hub = new HubProcess { Seeded = true };
        Assert.Equal((0, "There are people here already: nothing was changed.", ""), await hub.RunAsync("seed", "demo"));
        var before = await RowsAsync(hub);
        foreach (var (words, why) in new (string[], string)[]
        {
            (["token", "create"], "EMAIL"), (["token", "create", "--person", "nobody@northbridge.example"], "EMAIL"), (["token", "create", "--person", Amara, "--days", "366"], "--days"),
            (["token", "create", "--person", Amara, "--days", "many"], "--days"), (["token", "create", "--person", Amara, "--scopes", "chat:everything"], "chat:read"),
            (["token", "create", "--person", Amara, "--scopes", ""], "chat:read"), (["grant", "administrator", "nobody@northbridge.example"], "EMAIL"),
            (["grant", "king", Amara], "Commands:"), (["revoke", "compliance", "nobody@northbridge.example"], "EMAIL"), (["revoke", "king", Amara], "Commands:"), (["import", "articles", "/nowhere/at/all"], "/nowhere/at/all"),
            (["backup", "/nowhere/at/all"], "/nowhere/at"), (["restore", "/nowhere/at/all"], "/nowhere/at/all"), (["backup"], "Commands:"),
        })
        {
            var (code, said, complained) = await hub.RunAsync(words);
            Assert.Equal((2, ""), (code, said));
            Assert.Contains(why, complained, StringComparison.Ordinal);
        }
        Assert.Equal(before, await RowsAsync(hub));
    }

    private static HttpClient Program(HubProcess hub, string token) =>
        new() { BaseAddress = new Uri(hub.Address), DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", token) } };

    private static async Task<IEnumerable<string>> RolesAsync(HttpClient client) =>
        (await client.GetAsync("/me", OK)).GetProperty("roles").EnumerateArray().Select(r => r.GetString()!);

    /// <summary>How many rows there are of what people make, and of the trail of all that was done.</summary>
    private static async Task<Dictionary<string, int>> RowsAsync(HubProcess hub)
    {
        await using var services = hub.Services();
        await using var db = await services.GetRequiredService<IDbContextFactory<HubDb>>().CreateDbContextAsync();
        return new(StringComparer.Ordinal)
        {
            ["people"] = await db.People.CountAsync(), ["grants"] = await db.RoleGrants.CountAsync(), ["tokens"] = await db.AccessTokens.CountAsync(), ["shifts"] = await db.Shifts.CountAsync(),
            ["conversations"] = await db.Conversations.CountAsync(), ["messages"] = await db.Messages.CountAsync(), ["articles"] = await db.Articles.CountAsync(),
            ["versions"] = await db.ArticleVersions.CountAsync(), ["meetings"] = await db.Meetings.CountAsync(), ["fixes"] = await db.Fixes.CountAsync(), ["runs"] = await db.FixRuns.CountAsync(),
            ["devices"] = await db.Devices.CountAsync(), ["postings"] = await db.SearchPostings.CountAsync(), ["audit"] = await db.AuditEntries.CountAsync(),
        };
    }
}
