using System.Text.Json;

namespace Hub.Tests.Chat;

/// <summary>The project's shared test data, which lies beside the clone: <c>../shared/data</c>.</summary>
internal static class SharedData
{
    /// <summary>A field of every line of a .jsonl file; null when the data is not beside this clone.</summary>
    public static IReadOnlyList<string>? Lines(string file, string field)
    {
        var top = new DirectoryInfo(AppContext.BaseDirectory);
        while (top is not null && !File.Exists(Path.Combine(top.FullName, "HubPortal.sln"))) top = top.Parent;
        for (var up = top?.Parent; up is not null; up = up.Parent)
        {
            var path = Path.Combine(up.FullName, "shared", "data", file);
            if (File.Exists(path)) return [.. File.ReadLines(path).Where(l => l.Length > 0).Select(l => JsonDocument.Parse(l).RootElement.GetProperty(field).GetString()!)];
        }
        return null;
    }
}

/// <summary>A fact about the shared data; where that data is absent the test is not there at all, instead of being skipped.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class SharedDataAttribute(string file, string field) : Xunit.Sdk.DataAttribute
{
    public override IEnumerable<object[]> GetData(System.Reflection.MethodInfo testMethod) => [[SharedData.Lines(file, field) ?? []]];
}
