using Deque.AxeCore.Playwright;
using Microsoft.Playwright;

namespace Hub.Tests.Shell;

/// <summary>No finding of axe on the page as it stands, in the light theme and the dark one.</summary>
internal static class Axe
{
    public static async Task AssertCleanAsync(IPage page)
    {
        foreach (var theme in new[] { ColorScheme.Light, ColorScheme.Dark })
        {
            await page.EmulateMediaAsync(new() { ColorScheme = theme, ReducedMotion = ReducedMotion.Reduce });
            var found = await page.RunAxe();
            Assert.True(found.Violations.Length == 0, $"{page.Url}, {theme}:\n" + string.Join('\n',
                found.Violations.SelectMany(v => v.Nodes.Select(n => $"{v.Id}: {n.Html} {string.Join("; ", n.Any.Select(a => a.Message))}"))));
        }
    }
}
