using System.Text.Json;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace Hub.Tests.Storage;

/// <summary>
/// Data that others made, to test against: <c>../shared/data</c> beside a folder of the checkout's path, or
/// <c>HUB_SHARED_DATA</c>. It is no part of the project.
/// </summary>
public static class SharedFolder
{
    /// <summary>The folder; null where it is absent.</summary>
    public static string? Path { get; } = Find();

    /// <summary>Where the data must be there (<c>HUB_REQUIRE_SHARED_DATA=1</c>): why tests fail without it; else null, and test.sh says how many were left out.</summary>
    public static string? Missed => Path is null && Environment.GetEnvironmentVariable("HUB_REQUIRE_SHARED_DATA") == "1"
        ? "HUB_REQUIRE_SHARED_DATA is 1, but there is no folder shared/data/kb above the tests and HUB_SHARED_DATA names none." : null;

    /// <summary>A field of every line of a .jsonl file that has one.</summary>
    public static IEnumerable<string> Lines(string file, string field)
    {
        foreach (var line in File.ReadLines(System.IO.Path.Combine(Path!, file)).Where(l => l.Length > 0))
        {
            using var json = JsonDocument.Parse(line);
            yield return json.RootElement.GetProperty(field).GetString()!;
        }
    }

    private static string? Find()
    {
        if (Environment.GetEnvironmentVariable("HUB_SHARED_DATA") is { Length: > 0 } set) return Directory.Exists(set) ? set : null;
        for (var d = new DirectoryInfo(AppContext.BaseDirectory); d is not null; d = d.Parent)
            if (Directory.Exists(System.IO.Path.Combine(d.FullName, "shared", "data", "kb"))) return System.IO.Path.Combine(d.FullName, "shared", "data");
        return null;
    }
}

/// <summary>
/// A fact that needs the shared data. Where that is absent there is no such test: it is neither passed nor skipped (xunit 2
/// cannot skip at run time); it fails where the data must be there.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
[XunitTestCaseDiscoverer("Hub.Tests.Storage.SharedDataFactDiscoverer", "Hub.Tests")]
public sealed class SharedDataFactAttribute : FactAttribute;

/// <summary>As <see cref="SharedDataFactAttribute"/>, for theories.</summary>
[AttributeUsage(AttributeTargets.Method)]
[XunitTestCaseDiscoverer("Hub.Tests.Storage.SharedDataTheoryDiscoverer", "Hub.Tests")]
public sealed class SharedDataTheoryAttribute : TheoryAttribute;

/// <summary>Finds the facts where the data is.</summary>
public sealed class SharedDataFactDiscoverer(IMessageSink sink) : IXunitTestCaseDiscoverer
{
    private readonly FactDiscoverer facts = new(sink);

    public IEnumerable<IXunitTestCase> Discover(ITestFrameworkDiscoveryOptions discoveryOptions, ITestMethod testMethod, IAttributeInfo factAttribute) =>
        SharedFolder.Path is not null ? facts.Discover(discoveryOptions, testMethod, factAttribute) : Missing(sink, discoveryOptions, testMethod);

    internal static IEnumerable<IXunitTestCase> Missing(IMessageSink sink, ITestFrameworkDiscoveryOptions options, ITestMethod method) =>
        SharedFolder.Missed is { } why ? [new ExecutionErrorTestCase(sink, options.MethodDisplayOrDefault(), options.MethodDisplayOptionsOrDefault(), method, why)] : [];
}

/// <summary>Finds the theories where the data is.</summary>
public sealed class SharedDataTheoryDiscoverer(IMessageSink sink) : IXunitTestCaseDiscoverer
{
    private readonly TheoryDiscoverer theories = new(sink);

    public IEnumerable<IXunitTestCase> Discover(ITestFrameworkDiscoveryOptions discoveryOptions, ITestMethod testMethod, IAttributeInfo factAttribute) =>
        SharedFolder.Path is not null ? theories.Discover(discoveryOptions, testMethod, factAttribute) : SharedDataFactDiscoverer.Missing(sink, discoveryOptions, testMethod);
}
