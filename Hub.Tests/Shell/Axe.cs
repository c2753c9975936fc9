using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;

namespace Hub.Tests.Shell;

/// <summary>No finding of axe on the page as it stands, in the light theme and the dark one.</summary>
internal static class Axe
{
    // Themes differ in colours alone.
    private static readonly AxeRunOptions Colours = new() { RunOnly = new RunOnlyOptions { Type = "rule", Values = ["color-contrast", "link-in-text-block"] } };

    public static async Task AssertCleanAsync(IPage page)
    {
        var found = await FindAsync(page);
        Assert.True(found.Count == 0, string.Join('\n', found));
    }

    /// <summary>What axe finds, a line each.</summary>
    public static async Task<IReadOnlyList<string>> FindAsync(IPage page)
    {
        var lines = new List<string>();
        foreach (var theme in new[] { ColorScheme.Light, ColorScheme.Dark })
        {
            await page.EmulateMediaAsync(new() { ColorScheme = theme, ReducedMotion = ReducedMotion.Reduce });
            var found = await (theme == ColorScheme.Light ? page.RunAxe() : page.RunAxe(Colours));
            lines.AddRange(found.Violations.SelectMany(v => v.Nodes.Select(n => $"{page.Url}, {theme}: {v.Id}: {n.Html} {string.Join("; ", n.Any.Select(a => a.Message))}")));
        }
        return lines;
    }
}
