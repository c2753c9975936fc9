using Deque.AxeCore.Commons;
using Microsoft.Playwright;

namespace Hub.Tests.Shell;

/// <summary>No finding of axe on the page as it stands, in the light theme and the dark one.</summary>
internal static class Axe
{
    private static readonly string Script = new BundledAxeScriptProvider().GetScript();

    // Themes differ in colours alone.
    private static readonly object All = new { resultTypes = new[] { "violations" } };
    private static readonly object Colours = new { resultTypes = new[] { "violations" }, runOnly = new[] { "color-contrast", "link-in-text-block" } };

    public static async Task AssertCleanAsync(IPage page)
    {
        var found = await FindAsync(page);
        Assert.True(found.Count == 0, string.Join('\n', found));
    }

    /// <summary>What axe finds, a line each.</summary>
    public static async Task<IReadOnlyList<string>> FindAsync(IPage page)
    {
        var lines = new List<string>();
        // Between the first paint and the living page the title is empty for a moment.
        await page.WaitForFunctionAsync("() => document.title && !document.querySelector('.hub:not([data-live])')");
        if (!await page.EvaluateAsync<bool>("() => 'axe' in window")) await page.EvaluateAsync(Script);
        foreach (var theme in new[] { ColorScheme.Light, ColorScheme.Dark })
        {
            await page.EmulateMediaAsync(new() { ColorScheme = theme, ReducedMotion = ReducedMotion.Reduce });
            var found = await page.EvaluateAsync<string[]>(
                "async options => (await axe.run(document, options)).violations.flatMap(v => v.nodes.map(n => `${v.id}: ${n.html} ${n.any.map(a => a.message).join('; ')}`))",
                theme == ColorScheme.Light ? All : Colours);
            lines.AddRange(found.Select(f => $"{page.Url}, {theme}: {f}"));
        }
        return lines;
    }
}
