using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Hub.Domain.Fixes;

/// <summary>What a check has read, and what it means: values by name, conditions, and the words made of them.</summary>
internal sealed partial class Readings(IReadOnlyDictionary<string, JsonObject?> resources, FixRun run, DateTime now)
{
    /// <summary>The first branch that holds; null while only the last, unconditional one does.</summary>
    public FixBranch? Decide(FixStep step) => step.Branches.Find(b => b.Value.Length > 0 && Holds(b));

    /// <summary>Puts values into <c>{phone.deviceName}</c>.</summary>
    public string Words(string text) => Placeholder().Replace(text, m => Text(m.Groups["name"].Value) ?? "");

    private bool Holds(FixBranch b)
    {
        var text = Text(b.Value);
        if (b.Missing is { } missing) return text is null == missing;
        if (text is null) return false;
        if (b.Is is not null) return string.Equals(text, b.Is, StringComparison.OrdinalIgnoreCase);
        if (b.OlderThan is { } days) return Time(b.Value) < now.AddDays(-days);
        if (b.Before is { } later) return Time(b.Value) < Time(later);
        if (b.After is { } earlier) return Time(b.Value) >= Time(earlier);
        if (b.Below is { } percent && b.Of is { } whole) return Number(b.Value) < Number(whole) * percent / 100;
        return false;
    }

    private DateTime? Time(string name)
    {
        if (name == "run.startedAt") return run.StartedAt;
        if (name == "run.sentAt") return run.Steps.Where(s => s.Kind == "action" && s.State == RunStepState.Done).MaxBy(s => s.Number)?.StartedAt;
        return DateTime.TryParse(Text(name), CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal, out var t) ? t : null;
    }

    private double? Number(string name) => double.TryParse(Text(name), CultureInfo.InvariantCulture, out var n) ? n : null;

    private string? Text(string name)
    {
        var parts = name.Split('.');
        JsonNode? node = resources.GetValueOrDefault(parts[0]);
        foreach (var part in parts.Skip(1))
            node = node switch
            {
                JsonObject o => o[part],
                // Graph's list of actions, by the name of each.
                JsonArray list => list.FirstOrDefault(i => i is JsonObject o && o["actionName"]?.ToString() == part),
                _ => null,
            };
        return node is JsonValue v ? v.ToString() : null;
    }

    [GeneratedRegex(@"\{(?<name>[\w. -]+)\}", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Placeholder();
}
