using System.Reflection;
using System.Text.RegularExpressions;
using Hub.Domain;
using Hub.Domain.People;
using Hub.Domain.Storage;
using Hub.Tests.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Tests.Architecture;

/// <summary>The walls (DESIGN "What must stay true"). Each of these was seen to fail once.</summary>
public sealed partial class HouseTests
{
    private static readonly Assembly Domain = typeof(Moment).Assembly;
    private static readonly Assembly Web = typeof(Program).Assembly;
    private static readonly string Top = FindTop();

    /// <summary>Which rooms of Hub.Domain a room of it may name. Storage, Audit and Text are open to all; Storage and Seed may name all.</summary>
    private static readonly Dictionary<string, string[]> MayReference = new(StringComparer.Ordinal)
    {
        ["People"] = ["Live", "Search"],
        ["Audit"] = ["People"],
        ["Live"] = ["People"],
        // Addresses of fixes and services are made of their short names.
        ["Search"] = ["People", "Fixes", "ServiceDesk"],
        ["ServiceDesk"] = ["People", "Search"],
        ["Chat"] = ["People", "Live", "Search", "Fixes"],
        ["Knowledge"] = ["People", "Live", "Search", "ServiceDesk"],
        ["Devices"] = ["People"],
        ["Fixes"] = ["People", "Live", "Search", "ServiceDesk", "Devices"],
        ["Meetings"] = ["People", "Live", "Search"],
        // What happened in a room comes into the inbox.
        ["Notifications"] = ["People", "Live", "Chat"],
        ["Text"] = [],
    };

    /// <summary>Which rooms of either project a room of Hub.Web may name. Its own, People, Text, Live, Shell, SignIn and Api are open to all.</summary>
    private static readonly Dictionary<string, string[]> WebMayReference = new(StringComparer.Ordinal)
    {
        ["Api"] = ["Storage", "Chat", "Fixes", "Knowledge", "Meetings", "Notifications", "Search"],
        // Cards of what a message links to are the rooms' word, as what search finds is.
        ["Chat"] = ["Fixes", "Search"],
        ["Fixes"] = ["Devices"],
        // Adapters of what the rooms need from outside.
        ["Knowledge"] = ["Storage"],
        // Mail says what the inbox says.
        ["Integrations"] = ["Chat", "Notifications"],
        // Whoever reads a conversation has read its entries.
        ["Notifications"] = ["Chat"],
        // What the nodes do together: due work, its clock and its page.
        ["Live"] = ["Storage"],
        ["Search"] = ["Fixes", "ServiceDesk"],
        ["Shell"] = ["Storage", "Chat", "Fixes", "Meetings", "Notifications", "Search"],
        ["SignIn"] = ["Storage", "Audit"],
        // It looks at all that the hub stands on.
        ["Upkeep"] = ["Storage", "Devices", "Chat", "Integrations"],
    };

    [Fact]
    public void Rooms_name_only_the_rooms_they_may()
    {
        Assert.DoesNotContain(Named(Domain, "Hub.Domain"), n => MayReference.TryGetValue(n.Room, out var may) && !may.Concat(["Storage", "Audit", "Text"]).Contains(n.Other));
        Assert.DoesNotContain(Named(Web, "Hub.Web"), n => !WebMayReference.GetValueOrDefault(n.Room, []).Concat(["People", "Text", "Live", "Shell", "SignIn", "Api"]).Contains(n.Other));
    }

    [Fact]
    public void The_domain_knows_no_web()
    {
        Assert.DoesNotContain(Domain.GetReferencedAssemblies(), a => a.Name!.StartsWith("Microsoft.AspNetCore", StringComparison.Ordinal));
        Assert.DoesNotContain(Domain.GetReferencedAssemblies(), a => a.Name is "MudBlazor");
    }

    [Fact]
    public void Nothing_takes_the_ambient_http_context() =>
        Assert.DoesNotContain(Web.GetTypes(), t => t.NamedTypes().Any(n => n.Name == "IHttpContextAccessor"));

    [Fact]
    public void Every_public_service_method_takes_an_actor_or_is_marked_as_system_work()
    {
        var services = Domain.GetExportedTypes().Where(t => t is { IsClass: true, IsAbstract: false }
            && t.GetConstructors().SelectMany(c => c.GetParameters()).Any(p => p.ParameterType == typeof(IDbContextFactory<HubDb>))).ToList();
        Assert.Contains(typeof(PeopleService), services);
        var wrong = services.Where(t => t.GetCustomAttribute<SystemWorkAttribute>() is null)
            .SelectMany(t => t.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly))
            .Where(m => !m.IsSpecialName && m.GetCustomAttribute<SystemWorkAttribute>() is null && m.GetParameters().FirstOrDefault()?.ParameterType != typeof(Actor))
            .Select(m => $"{m.DeclaringType!.Name}.{m.Name}");
        Assert.Empty(wrong);
    }

    [Fact]
    public void Folders_are_rooms_and_namespaces_are_folders()
    {
        string[] banned = ["Common", "Services", "Models", "Helpers", "Interfaces", "Utils", "Shared"];
        foreach (var project in new[] { "Hub.Domain", "Hub.Web", "Hub.Tests" })
            foreach (var (file, _) in Sources(project))
            {
                var folder = Path.GetRelativePath(Path.Combine(Top, project), Path.GetDirectoryName(file)!);
                Assert.DoesNotContain(folder.Split('/'), f => banned.Contains(f));
                var expected = folder == "." ? project : $"{project}.{folder.Replace('/', '.')}";
                var declared = NamespaceLine().Match(File.ReadAllText(file));
                if (declared.Success) Assert.True(declared.Groups[1].Value == expected, $"{file}: namespace {declared.Groups[1].Value}, folder {expected}");
            }
    }

    [Theory, Databases]
    public void No_model_change_waits_for_a_migration(string provider)
    {
        using HubDb db = provider == "Sqlite"
            ? new SqliteHubDb((DbContextOptions<SqliteHubDb>)HubStorage.Sqlite(new DbContextOptionsBuilder<SqliteHubDb>(), "Data Source=none").Options)
            : new PostgresHubDb((DbContextOptions<PostgresHubDb>)HubStorage.Postgres(new DbContextOptionsBuilder<PostgresHubDb>(), "Host=none").Options);
        Assert.NotEmpty(db.Database.GetMigrations());
        Assert.False(db.Database.HasPendingModelChanges(), "Run Hub.Domain/Storage/new-migration.sh NAME.");
    }

    [Fact]
    public void A_live_component_is_short() =>
        Assert.True(File.ReadAllLines(Path.Combine(Top, "Hub.Web/Live/LiveComponent.cs")).Length <= 60);

    /// <summary>That something of a room names another room: in what was compiled, and in the source, where constants and documentation do too.</summary>
    private static IEnumerable<(string Room, string Other, string By)> Named(Assembly assembly, string project)
    {
        var compiled = from type in assembly.GetTypes() from named in type.NamedTypes() select (Room: Room(type.Namespace), Other: Room(named.Namespace), By: $"{type.FullName} names {named.Name}");
        var written = from source in Sources(project) from Match m in RoomName().Matches(File.ReadAllText(source.File)) select (Room: (string?)source.Room, Other: (string?)m.Groups[1].Value, By: source.File);
        return compiled.Concat(written).Where(n => n.Room is not null && n.Other is not null && n.Room != n.Other && !n.Room.Contains('.')).Select(n => (n.Room!, n.Other!, n.By));
    }

    // What lies in no folder puts the rooms together.
    private static string? Room(string? name) => name?.Split('.') is ["Hub", "Domain" or "Web", var room, ..] ? room : null;

    private static IEnumerable<(string File, string Room)> Sources(string project) =>
        Directory.EnumerateFiles(Path.Combine(Top, project), "*.*", SearchOption.AllDirectories)
            .Where(f => f.EndsWith(".cs", StringComparison.Ordinal) || f.EndsWith(".razor", StringComparison.Ordinal))
            .Where(f => !f.Contains("/obj/") && !f.Contains("/bin/") && !f.Contains("/Migrations/"))
            .Select(f => (f, Path.GetRelativePath(Path.Combine(Top, project), f).Split('/')[0]));

    private static string FindTop()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "HubPortal.sln"))) folder = folder.Parent!;
        return folder.FullName;
    }

    [GeneratedRegex(@"\bHub\.(?:Domain|Web)\.([A-Z]\w+)")]
    private static partial Regex RoomName();

    [GeneratedRegex(@"^namespace ([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex NamespaceLine();
}
