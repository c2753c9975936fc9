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

    private static string? Find()
    {
        if (Environment.GetEnvironmentVariable("HUB_SHARED_DATA") is { Length: > 0 } set) return Directory.Exists(set) ? set : null;
        for (var d = new DirectoryInfo(AppContext.BaseDirectory); d is not null; d = d.Parent)
            if (Directory.Exists(System.IO.Path.Combine(d.FullName, "shared", "data", "kb"))) return System.IO.Path.Combine(d.FullName, "shared", "data");
        return null;
    }
}

/// <summary>A fact that needs the shared data. Where that is absent there is no such test: it is neither passed nor skipped (xunit 2 cannot skip at run time).</summary>
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
        SharedFolder.Path is null ? [] : facts.Discover(discoveryOptions, testMethod, factAttribute);
}

/// <summary>Finds the theories where the data is.</summary>
public sealed class SharedDataTheoryDiscoverer(IMessageSink sink) : IXunitTestCaseDiscoverer
{
    private readonly TheoryDiscoverer theories = new(sink);

    public IEnumerable<IXunitTestCase> Discover(ITestFrameworkDiscoveryOptions discoveryOptions, ITestMethod testMethod, IAttributeInfo factAttribute) =>
        SharedFolder.Path is null ? [] : theories.Discover(discoveryOptions, testMethod, factAttribute);
}
