using System.Text;
using Hub.Domain.Chat;
using Hub.Domain.People;
using YamlDotNet.Serialization;
using YamlDotNet.Serialization.NamingConventions;

namespace Hub.Domain.Seed;

/// <summary>The demonstration files, compiled in: people.yaml, channels.yaml, meetings.yaml and articles/*.md.</summary>
internal static class SeedContent
{
    private static readonly IDeserializer Yaml =
        new DeserializerBuilder().WithNamingConvention(CamelCaseNamingConvention.Instance).IgnoreUnmatchedProperties().Build();

    public static PeopleFile People() => Yaml.Deserialize<PeopleFile>(Read("seed/people.yaml"));

    public static ChannelsFile Channels() => Yaml.Deserialize<ChannelsFile>(Read("seed/channels.yaml"));

    public static MeetingsFile Meetings() => Yaml.Deserialize<MeetingsFile>(Read("seed/meetings.yaml"));

    public static IEnumerable<(ArticleHead Head, string Body)> Articles()
    {
        foreach (var name in typeof(SeedContent).Assembly.GetManifestResourceNames().Where(n => n.StartsWith("seed/articles/", StringComparison.Ordinal)).Order(StringComparer.Ordinal))
        {
            var parts = Read(name).Split("---\n", 3);
            yield return (Yaml.Deserialize<ArticleHead>(parts[1]), parts[2].Trim() + "\n");
        }
    }

    /// <summary>A file that somebody sends.</summary>
    public static Stream File(string name) => Open($"seed/files/{name}");

    private static Stream Open(string name) => typeof(SeedContent).Assembly.GetManifestResourceStream(name) ?? throw new InvalidOperationException($"No {name} in the program.");

    private static string Read(string name)
    {
        using var stream = Open(name);
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }
}

internal sealed class PeopleFile
{
    public List<Named> Organisations { get; set; } = [];
    public List<Named> Sites { get; set; } = [];
    public List<Named> Suppliers { get; set; } = [];
    public List<Named> Services { get; set; } = [];
    public List<Named> Units { get; set; } = [];
    public List<Named> Groups { get; set; } = [];
    public Dictionary<string, string> ShiftTimes { get; set; } = [];
    public List<Named> ShiftPatterns { get; set; } = [];
    public List<SeedPerson> People { get; set; } = [];
    public List<SeedAbsence> Absences { get; set; } = [];
    public List<SeedSetting> Availability { get; set; } = [];
    public List<SeedDevice> Devices { get; set; } = [];

    public sealed class Named
    {
        public string Key { get; set; } = "";
        public string Name { get; set; } = "";
        public string Domain { get; set; } = "";
        public string Organisation { get; set; } = "";
        public string Address { get; set; } = "";
        public string Does { get; set; } = "";
        public string Supplier { get; set; } = "";
        public string Category { get; set; } = "";
        public string Description { get; set; } = "";
        public string? Parent { get; set; }
        public string? Supervisor { get; set; }
        public List<string> Members { get; set; } = [];
        public List<string> Cycle { get; set; } = [];
        public string StartsOn { get; set; } = "";
    }
}

internal sealed class SeedPerson
{
    public string Email { get; set; } = "";
    public string Name { get; set; } = "";
    public string JobTitle { get; set; } = "";
    public string Organisation { get; set; } = "";
    public string Unit { get; set; } = "";
    public string Site { get; set; } = "";
    public string Phone { get; set; } = "";
    public string Pattern { get; set; } = "";
    public int CycleDay { get; set; }
    public List<SeedRole> Roles { get; set; } = [];
}

internal sealed class SeedRole
{
    public string Role { get; set; } = "";
    public string Scope { get; set; } = "hub";
}

internal sealed class SeedAbsence
{
    public string Email { get; set; } = "";
    public string Kind { get; set; } = "";
    public int FromDay { get; set; }
    public int ToDay { get; set; }
}

internal sealed class SeedSetting
{
    public string Email { get; set; } = "";
    public string State { get; set; } = nameof(OwnState.Available);
    public double Hours { get; set; }
    public string LastSeen { get; set; } = nameof(LastSeenAudience.Nobody);
    public bool OnCall { get; set; }
    public List<string> Wake { get; set; } = [];
}

internal sealed class SeedDevice
{
    public string Owner { get; set; } = "";
    public string Kind { get; set; } = "";
    public string Name { get; set; } = "";
    public string Model { get; set; } = "";
    public string Os { get; set; } = "";
}

internal sealed class ChannelsFile
{
    public List<SeedChannel> Channels { get; set; } = [];
    public List<SeedDirect> Directs { get; set; } = [];
}

internal sealed class SeedChannel
{
    public string Key { get; set; } = "";
    public string Name { get; set; } = "";
    public string Topic { get; set; } = "";
    public string Organisation { get; set; } = "";
    public List<string> Audience { get; set; } = [];
    public bool Help { get; set; }
    public bool Announcements { get; set; }
    public List<string> Moderators { get; set; } = [];
    public List<string> Posters { get; set; } = [];
    /// <summary>Names of programs that post here by a webhook; each speaks as <c>hook:{name}</c>.</summary>
    public List<string> Hooks { get; set; } = [];
    /// <summary>When its maker archived it; empty for one that is open.</summary>
    public string Archived { get; set; } = "";
    public List<string> Members { get; set; } = [];
    public List<SeedMessage> Messages { get; set; } = [];
}

internal sealed class SeedDirect
{
    public List<string> People { get; set; } = [];
    public List<SeedMessage> Messages { get; set; } = [];
    /// <summary>What is scheduled: <c>+1d 08:00</c>.</summary>
    public List<SeedMessage> Later { get; set; } = [];
}

internal sealed class SeedMessage
{
    /// <summary>Day and local time: <c>-2d 14:05</c>.</summary>
    public string At { get; set; } = "";
    public string From { get; set; } = "";
    public string Text { get; set; } = "";
    /// <summary>Replies in its thread.</summary>
    public List<SeedMessage> Thread { get; set; } = [];
    /// <summary>True for the reply that resolves the question above it.</summary>
    public bool Answers { get; set; }
    /// <summary>Shortcode → who answered with it, at once.</summary>
    public Dictionary<string, List<string>> Reactions { get; set; } = [];
    /// <summary>Who pinned it, if anybody did.</summary>
    public string? Pinned { get; set; }
    /// <summary>Who is reminded of it → when: <c>+1d 08:00</c>.</summary>
    public Dictionary<string, string> Reminds { get; set; } = [];
    /// <summary>Who saved it.</summary>
    public List<string> Saved { get; set; } = [];
    /// <summary>Names in <c>files</c>.</summary>
    public List<string> Files { get; set; } = [];
    /// <summary>The report of it, if there is one.</summary>
    public SeedReport? Reported { get; set; }
}

internal sealed class SeedReport
{
    public string By { get; set; } = "";
    public ReportReason Reason { get; set; }
    public string Text { get; set; } = "";
}

internal sealed class MeetingsFile
{
    public List<SeedMeeting> Meetings { get; set; } = [];
}

internal sealed class SeedMeeting
{
    public string Title { get; set; } = "";
    public string Organiser { get; set; } = "";
    public List<string> Attendees { get; set; } = [];
    public int Day { get; set; }
    public string Start { get; set; } = "";
    public int Minutes { get; set; }
    public string TimeZone { get; set; } = "Europe/London";
    public string? Recurrence { get; set; }
    public string Place { get; set; } = "";
    public string Notes { get; set; } = "";
    public Dictionary<string, string> Responses { get; set; } = [];
}

internal sealed class ArticleHead
{
    public string Title { get; set; } = "";
    public string Service { get; set; } = "";
    public string Author { get; set; } = "";
    public List<string> Audience { get; set; } = [];
    public int DaysAgo { get; set; }
}
