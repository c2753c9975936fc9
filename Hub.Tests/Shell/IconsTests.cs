using System.Net;
using System.Xml.Linq;
using Hub.Tests.Api;
using Hub.Web.Shell;

namespace Hub.Tests.Shell;

/// <summary>The picture that every icon points into.</summary>
public sealed class IconsTests
{
    [Fact]
    public async Task Every_icon_points_at_its_outline_in_a_picture_that_is_kept_under_its_version_and_under_no_other()
    {
        await using var web = await HubWeb.OnAsync();
        using var stranger = web.Stranger();
        using var answer = await stranger.GetAsync(Target(Icons.Svg("bell").Value).Address);
        Assert.Equal(("image/svg+xml", true, TimeSpan.FromDays(365)), (answer.Content.Headers.ContentType?.MediaType, answer.Headers.CacheControl?.Public, answer.Headers.CacheControl?.MaxAge));
        var outlines = XDocument.Parse(await answer.Content.ReadAsStringAsync()).Root!.Elements().Select(e => e.Attribute("id")!.Value).ToHashSet(StringComparer.Ordinal);
        Assert.All(Icons.All.Keys, name => Assert.Contains(Target(Icons.Svg(name, 18, "said").Value).Name, outlines));
        Assert.Equal("circle", Target(Icons.Svg("no such icon").Value).Name);
        foreach (var other in new[] { "/icons.svg", "/icons.svg?v=0123456789ab" })
        {
            using var none = await stranger.GetAsync(other);
            Assert.Equal((HttpStatusCode.NotFound, null), (none.StatusCode, none.Headers.CacheControl?.MaxAge));
        }
    }

    private static (string Address, string Name) Target(string icon) =>
        XElement.Parse(icon).Element("use")!.Attribute("href")!.Value.Split('#') is [var address, var name] ? (address, name) : throw new InvalidOperationException(icon);
}
