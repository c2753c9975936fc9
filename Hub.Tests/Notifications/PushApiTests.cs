using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using Hub.Domain.People;
using Hub.Tests.Api;
using Hub.Tests.Storage;
using Hub.Web.Notifications;
using Microsoft.AspNetCore.Hosting;
using static System.Net.HttpStatusCode;

namespace Hub.Tests.Notifications;

/// <summary>/me/push over HTTP.</summary>
public sealed class PushApiTests
{
    private const string Amara = "amara.osei@northbridge.example";
    private const string Jonas = "jonas.berg@northbridge.example";

    [Theory, Databases]
    public async Task A_browser_subscribes_is_listed_and_is_removed(string provider)
    {
        await using var server = await PushServer.StartAsync();
        await using var web = await HubWeb.OnAsync(provider, b =>
        {
            foreach (var (name, value) in PushServer.Keys) b.UseSetting(name, value);
            b.UseSetting("Push:Subject", "mailto:hub@northbridge.example").UseSetting("Push:AllowedHosts", server.Host);
        });
        using var amara = await web.ProgramAsync(Amara);
        using var jonas = await web.SessionAsync(Jonas);
        jonas.DefaultRequestHeaders.UserAgent.ParseAdd("Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36");
        Assert.Equal(PushServer.Keys["Push:PublicKey"], (await jonas.GetAsync("/me/push", OK)).Text("publicKey"));
        var target = server.Target();
        var body = new { endpoint = target.Endpoint, expirationTime = (long?)null, keys = new { p256dh = target.P256dh, auth = target.Auth } };
        var made = await jonas.PutAsync("/me/push/devices", body, OK);
        Assert.Equal(("phone", "Chrome", made.Text("id")), (made.Text("kind"), made.Text("browser"), (await jonas.PutAsync("/me/push/devices", body, OK)).Text("id")));
        Assert.DoesNotContain("endpoint", made.ToString(), StringComparison.OrdinalIgnoreCase);
        Assert.Equal([made.Text("id")], (await jonas.GetAsync("/me/push", OK)).GetProperty("devices").EnumerateArray().Select(d => d.Text("id")));

        foreach (var (wrong, code, field) in new (object, string, string)[]
        {
            (new { }, "push.endpoint", "endpoint"), (new { endpoint = "https://push.example/x", body.keys }, "push.endpoint.host", "endpoint"),
            (new { body.endpoint }, "push.key", "keys.p256dh"), (new { body.endpoint, keys = new { p256dh = target.P256dh } }, "push.auth", "keys.auth"),
        })
        {
            var problem = await jonas.PutAsync("/me/push/devices", wrong, UnprocessableEntity);
            Assert.Equal((code, true), (problem.Text("code"), problem.GetProperty("errors").TryGetProperty(field, out _)));
        }
        await amara.AskAsync(HttpMethod.Delete, $"/me/push/devices/{made.Text("id")}", null, NotFound);
        await jonas.AskAsync(HttpMethod.Delete, $"/me/push/devices/{Guid.NewGuid()}", null, NotFound);
        await jonas.AskAsync(HttpMethod.Delete, $"/me/push/devices/{made.Text("id")}", null, NoContent);
        await jonas.AskAsync(HttpMethod.Delete, $"/me/push/devices/{made.Text("id")}", null, NotFound);
        Assert.Empty((await jonas.GetAsync("/me/push", OK)).GetProperty("devices").EnumerateArray());

        // A token turns nothing on that would outlive it.
        Assert.Equal("push.session", (await amara.PutAsync("/me/push/devices", body, Forbidden)).Text("code"));
        Assert.Empty((await amara.GetAsync("/me/push", OK)).GetProperty("devices").EnumerateArray());

        // What a program that knows nothing of push saves leaves the choice as it is.
        Assert.True((await jonas.GetAsync("/me/preferences", OK)).GetProperty("pushPossible").GetBoolean());
        Assert.False((await jonas.PutAsync("/me/preferences", new { push = false, words = Array.Empty<string>() }, OK)).GetProperty("push").GetBoolean());
        Assert.False((await jonas.PutAsync("/me/preferences", new { mail = true }, OK)).GetProperty("push").GetBoolean());
    }

    [Theory, Databases]
    public async Task Who_signs_out_of_a_browser_is_told_nothing_more_there(string provider)
    {
        await using var server = await PushServer.StartAsync();
        await using var web = await HubWeb.OnAsync(provider, b =>
        {
            foreach (var (name, value) in PushServer.Keys) b.UseSetting(name, value);
            b.UseSetting("Push:Subject", "mailto:hub@northbridge.example").UseSetting("Push:AllowedHosts", server.Host);
        });
        using var program = await web.ProgramAsync(Jonas);
        using var jonas = await web.SessionAsync(Jonas);
        var (here, there) = (await AddAsync(jonas), await AddAsync(jonas));
        // A device is its owner's alone, whatever somebody else's form says.
        using var amara = await web.SessionAsync(Amara);
        await OutAsync(amara, here);
        Assert.Equal([here, there], await DevicesAsync());
        await OutAsync(jonas, here);
        Assert.Equal([there], await DevicesAsync());
        using var other = await web.SessionAsync(Jonas);
        foreach (var none in new[] { "", "x" }) await OutAsync(other, none);
        Assert.Equal([there], await DevicesAsync());

        async Task<string> AddAsync(HttpClient browser)
        {
            var target = server.Target();
            return (await browser.PutAsync("/me/push/devices", new { endpoint = target.Endpoint, keys = new { p256dh = target.P256dh, auth = target.Auth } }, OK)).Text("id");
        }

        async Task<List<string>> DevicesAsync() => [.. (await program.GetAsync("/me/push", OK)).GetProperty("devices").EnumerateArray().Select(d => d.Text("id"))];

        static async Task OutAsync(HttpClient browser, string device)
        {
            using var form = new FormUrlEncodedContent(new Dictionary<string, string> { ["device"] = device });
            using var answer = await browser.PostAsync(new Uri("/signin/out", UriKind.Relative), form);
            Assert.Equal("/signin", answer.Headers.Location!.OriginalString);
            await browser.GetAsync("/me", Unauthorized);
        }
    }

    [Fact]
    public async Task The_hub_can_be_put_on_a_home_screen()
    {
        await using var web = await HubWeb.OnAsync();
        using var stranger = web.Stranger();
        using var answer = await stranger.GetAsync(new Uri("/manifest.webmanifest", UriKind.Relative));
        Assert.Equal((OK, "application/manifest+json"), (answer.StatusCode, answer.Content.Headers.ContentType!.MediaType));
        var manifest = JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement;
        Assert.Equal(("HubPortal", "/", "/", "standalone"), (manifest.Text("name"), manifest.Text("id"), manifest.Text("start_url"), manifest.Text("display")));
        Assert.Equal(["192x192", "512x512"], manifest.GetProperty("icons").EnumerateArray().Select(i => i.Text("sizes")));
        foreach (var icon in manifest.GetProperty("icons").EnumerateArray())
        {
            var bytes = await stranger.GetByteArrayAsync(new Uri(icon.Text("src"), UriKind.Relative));
            var (width, height) = (BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(16)), BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(20)));
            Assert.Equal((icon.Text("sizes"), "PNG"), ($"{width}x{height}", Encoding.ASCII.GetString(bytes, 1, 3)));
        }
        var page = await stranger.GetStringAsync(new Uri("/signin", UriKind.Relative));
        foreach (var link in new[] { "rel=\"manifest\"", "rel=\"apple-touch-icon\"" }) Assert.Contains(link, page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_keys_there_is_nothing_there()
    {
        await using var web = await HubWeb.OnAsync();
        using var jonas = await web.SessionAsync(Jonas);
        await jonas.GetAsync("/me/push", NotFound);
        await jonas.PutAsync("/me/push/devices", new { endpoint = "https://push.example/x" }, NotFound);
        await jonas.AskAsync(HttpMethod.Delete, $"/me/push/devices/{Guid.NewGuid()}", null, NotFound);
        Assert.False((await jonas.GetAsync("/me/preferences", OK)).GetProperty("pushPossible").GetBoolean());
    }

    [Theory]
    [InlineData("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0", PresenceDevice.Desktop, "Edge")]
    [InlineData("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", PresenceDevice.Desktop, "Firefox")]
    [InlineData("Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1", PresenceDevice.Phone, "Safari")]
    [InlineData("Mozilla/5.0 (Linux; Android 15; SM-X910) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Safari/537.36", PresenceDevice.Tablet, "Samsung Internet")]
    [InlineData("", PresenceDevice.Desktop, "")]
    public void A_browser_is_known_by_what_it_says(string said, PresenceDevice kind, string name) => Assert.Equal((kind, name), Browsers.Of(said));
}
