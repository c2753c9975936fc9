using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Hub.Tests.Api;
using Microsoft.AspNetCore.Hosting;
using static System.Net.HttpStatusCode;

namespace Hub.Tests.Chat;

/// <summary>Uploads and downloads over HTTP.</summary>
public sealed class FileApiTests : IAsyncLifetime
{
    private const string Amara = "amara.osei@northbridge.example";
    private const string Jonas = "jonas.berg@northbridge.example";
    private const string OtherBody = "gwen.tregarthen@nbtransport.example";

    private HubWeb web = null!;
    private HttpClient amara = null!;
    private string channel = "";

    public async Task InitializeAsync()
    {
        web = await HubWeb.OnAsync("Sqlite", b => b.UseSetting("Files:MostMegabytes", "2"));
        amara = await web.ProgramAsync(Amara);
        channel = "/conversations/" + (await amara.PostAsync("/conversations", new { kind = "channel", name = "api-files" }, Created)).Text("id");
    }

    public async Task DisposeAsync() => await web.DisposeAsync();

    [Fact]
    public async Task What_people_upload_is_given_with_headers_that_let_nothing_of_it_run()
    {
        var page = await UploadAsync("minutes “final”.html", Encoding.UTF8.GetBytes("<script>fetch('/api/v1/me')</script>"), "text/html");
        Assert.Equal(("text/plain", "stored", "minutes “final”.html"), (page.Text("contentType"), page.Text("state"), page.Text("name")));
        using var given = await amara.GetAsync($"/api/v1/files/{page.Text("id")}");
        Assert.Equal(("attachment", "minutes “final”.html"), (given.Content.Headers.ContentDisposition!.DispositionType, given.Content.Headers.ContentDisposition.FileNameStar));
        Assert.Equal("text/plain; charset=utf-8", given.Content.Headers.ContentType!.ToString());
        Safe(given);

        var bytes = SomeFiles.Png();
        var picture = await UploadAsync("map.png", bytes, "text/html");
        using var shown = await amara.GetAsync($"/api/v1/files/{picture.Text("id")}");
        Assert.Equal(("inline", "image/png"), (shown.Content.Headers.ContentDisposition!.DispositionType, shown.Content.Headers.ContentType!.ToString()));
        Safe(shown);
        using var saved = await amara.GetAsync($"/api/v1/files/{picture.Text("id")}?download=true");
        Assert.Equal("attachment", saved.Content.Headers.ContentDisposition!.DispositionType);
        using var small = await amara.GetAsync($"/api/v1/files/{picture.Text("id")}/thumbnail");
        Assert.Equal("image/webp", small.Content.Headers.ContentType!.ToString());
        Safe(small);

        // A part of it; and again, once it is in the browser: asked for each time, sent once.
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/v1/files/{picture.Text("id")}") { Headers = { Range = new RangeHeaderValue(10, 19) } };
        using var part = await amara.SendAsync(request);
        Assert.Equal(PartialContent, part.StatusCode);
        Assert.Equal(bytes[10..20], await part.Content.ReadAsByteArrayAsync());
        Assert.Equal(NotModified, await AgainAsync(amara));
        using var other = await web.ProgramAsync(OtherBody);
        Assert.Equal(NotFound, await AgainAsync(other));
        using var jonas = await web.ProgramAsync(Jonas);
        Assert.Equal(NotFound, await AgainAsync(jonas));
        using var stranger = web.Stranger();
        Assert.Equal(Unauthorized, await AgainAsync(stranger));
        var message = await amara.PostAsync(channel + "/messages", new { clientMessageId = Guid.NewGuid(), text = "", fileIds = new[] { picture.Text("id") } }, Created);
        Assert.Equal(picture.GetRawText(), message.GetProperty("files")[0].GetRawText());
        Assert.Equal(NotModified, await AgainAsync(jonas));
        Assert.Equal(NotFound, await AgainAsync(other));
        await amara.AskAsync(HttpMethod.Delete, $"/files/{picture.Text("id")}", null, Forbidden);
        await amara.AskAsync(HttpMethod.Delete, $"/files/{page.Text("id")}", null, NoContent);
        await amara.GetAsync($"/files/{page.Text("id")}", NotFound);

        async Task<HttpStatusCode> AgainAsync(HttpClient who)
        {
            using var ask = new HttpRequestMessage(HttpMethod.Get, $"/api/v1/files/{picture.Text("id")}") { Headers = { IfNoneMatch = { shown.Headers.ETag! } } };
            return (await who.SendAsync(ask)).StatusCode;
        }

        static void Safe(HttpResponseMessage answer)
        {
            Assert.Equal(OK, answer.StatusCode);
            Assert.Equal("default-src 'none'; frame-ancestors 'none'; sandbox", answer.Headers.GetValues("Content-Security-Policy").Single());
            Assert.Equal(("nosniff", "same-origin"), (answer.Headers.GetValues("X-Content-Type-Options").Single(), answer.Headers.GetValues("Cross-Origin-Resource-Policy").Single()));
            Assert.Equal("no-cache, private", answer.Headers.CacheControl!.ToString());
        }
    }

    [Fact]
    public async Task An_upload_goes_on_in_parts_and_what_is_too_large_is_refused_in_words()
    {
        var bytes = Enumerable.Range(0, 1_500_000).Select(i => (byte)(i * 7)).ToArray();
        var begun = await amara.PostAsync(channel + "/uploads", new { name = "radio.log", length = bytes.Length }, Created);
        var upload = $"/uploads/{begun.Text("id")}";
        Assert.Equal((0, JsonValueKind.Null), (begun.GetProperty("offset").GetInt32(), begun.GetProperty("file").ValueKind));
        Assert.Equal(700_000, (await PutAsync(upload + "?offset=0", bytes[..700_000], OK)).GetProperty("offset").GetInt32());
        var stale = await PutAsync(upload + "?offset=0", bytes, Conflict);
        Assert.Equal(700_000, stale.GetProperty("current").GetProperty("offset").GetInt32());
        Assert.Equal(700_000, (await amara.GetAsync(upload, OK)).GetProperty("offset").GetInt32());
        var whole = await PutAsync(upload + "?offset=700000", bytes[700_000..], OK);
        Assert.Equal("stored", whole.GetProperty("file").Text("state"));
        Assert.Equal(bytes, await (await amara.GetAsync($"/api/v1/files/{begun.Text("id")}")).Content.ReadAsByteArrayAsync());

        var large = await amara.PostAsync(channel + "/uploads", new { name = "radio.log", length = 2_000_001 }, RequestEntityTooLarge);
        Assert.Contains("at most 2 MB", large.Text("title"), StringComparison.Ordinal);
        // With a length, and without one.
        foreach (var chunked in new[] { false, true })
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, $"/api/v1{channel}/files?name=radio.log") { Content = new StreamContent(new MemoryStream(new byte[2_030_000])) };
            request.Headers.TransferEncodingChunked = chunked;
            if (chunked) request.Content.Headers.ContentLength = null;
            using var answer = await amara.SendAsync(request);
            Assert.Equal(RequestEntityTooLarge, answer.StatusCode);
            Assert.Contains("at most 2 MB", (await answer.Content.ReadFromJsonAsync<JsonElement>()).Text("title"), StringComparison.Ordinal);
        }
        var program = await amara.PostAsync(channel + "/uploads", new { name = "setup.exe", length = 5 }, UnprocessableEntity);
        Assert.Contains(".exe", program.Text("title"), StringComparison.Ordinal);
        await amara.PostAsync(channel + "/uploads", new { name = "none.txt" }, UnprocessableEntity);
        using var other = await web.ProgramAsync(OtherBody);
        await other.PostAsync(channel + "/uploads", new { name = "a.txt", length = 5 }, NotFound);
        await amara.PostAsync(channel + "/messages", new { clientMessageId = Guid.NewGuid(), text = "see", fileIds = new[] { Guid.NewGuid() } }, UnprocessableEntity);
    }

    private async Task<JsonElement> UploadAsync(string name, byte[] bytes, string type)
    {
        using var content = new ByteArrayContent(bytes) { Headers = { ContentType = new MediaTypeHeaderValue(type) } };
        using var answer = await amara.PostAsync($"/api/v1{channel}/files?name={Uri.EscapeDataString(name)}", content);
        Assert.Equal(Created, answer.StatusCode);
        return await answer.Content.ReadFromJsonAsync<JsonElement>();
    }

    private async Task<JsonElement> PutAsync(string path, byte[] bytes, HttpStatusCode expected)
    {
        using var content = new ByteArrayContent(bytes);
        using var answer = await amara.PutAsync("/api/v1" + path, content);
        Assert.Equal(expected, answer.StatusCode);
        return await answer.Content.ReadFromJsonAsync<JsonElement>();
    }
}
