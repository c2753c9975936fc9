using System.Formats.Tar;
using System.IO.Compression;
using System.Net;
using Hub.Domain;
using Hub.Domain.Knowledge;
using Hub.Domain.People;
using Hub.Domain.Storage;
using Hub.Tests.Api;
using Hub.Tests.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Hub.Tests.Knowledge;

public sealed class ArticleImportTests
{
    [Theory, Databases]
    public async Task A_folder_comes_in_once_and_only_what_changed_comes_again(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var folder = Directory.CreateTempSubdirectory("hub-import-").FullName;
        Directory.CreateDirectory(Path.Combine(folder, "vpn"));
        await File.WriteAllTextAsync(Path.Combine(folder, "vpn", "slow.md"), "---\ntitle: \"Slow VPN\"\ndescription: What to do\n---\n# Slow VPN\n\nSee [reset](../reset.md) and [nothing](gone.md).\n");
        await File.WriteAllTextAsync(Path.Combine(folder, "reset.md"), "# Reset it\n\nOff and on.\n");
        await File.WriteAllTextAsync(Path.Combine(folder, "odd.md"), "---\ntitle: odd: [yaml\n---\nText\n");
        await File.WriteAllBytesAsync(Path.Combine(folder, "bad.md"), [0xff, 0xfe, 0x41]);
        await File.WriteAllTextAsync(Path.Combine(folder, "note.txt"), "not an article");
        var (import, list, knowledge) = (hub.Get<ArticleImport>(), hub.Get<ArticleList>(), hub.Get<KnowledgeService>());

        Assert.Equal(RefusalKind.Forbidden, (await import.ImportAsync(hub.Amara, folder)).Refusal!.Kind);
        await KnowledgeTests.Manages(hub, hub.Jonas, hub.Northbridge);
        var first = (await import.ImportAsync(hub.Jonas, folder)).Value;
        Assert.Equal((3, 0, 0), (first.Imported, first.Unchanged, first.Changed));
        Assert.Equal(new RefusedFile("bad.md", "notUtf8"), Assert.Single(first.Refused));
        var rows = (await list.ListAsync(hub.Amara, new ArticleQuery())).Value.Items;
        Assert.Equal(["Reset it", "Slow VPN", "odd: [yaml"], rows.Select(r => r.Title).Order(StringComparer.Ordinal));
        var slow = (await knowledge.GetAsync(hub.Amara, rows.Single(r => r.Title == "Slow VPN").Id)).Value;
        Assert.Contains($"href=\"/articles/{rows.Single(r => r.Title == "Reset it").Id}\"", slow.Html, StringComparison.Ordinal);
        Assert.DoesNotContain("gone.md", slow.Html, StringComparison.Ordinal);
        Assert.DoesNotContain("<h", slow.Html, StringComparison.Ordinal);
        Assert.Empty((await list.ListAsync(hub.Stranger, new ArticleQuery())).Value.Items);

        await File.WriteAllTextAsync(Path.Combine(folder, "reset.md"), "# Reset it\n\nOff, wait, on.\n");
        var second = (await import.ImportAsync(hub.Jonas, folder)).Value;
        Assert.Equal((0, 2, 1), (second.Imported, second.Unchanged, second.Changed));
        var reset = (await knowledge.GetAsync(hub.Amara, rows.Single(r => r.Title == "Reset it").Id)).Value;
        Assert.Equal((2, "<p>Off, wait, on.</p>"), (reset.PublishedNumber, reset.Html));
        Directory.Delete(folder, recursive: true);
    }

    [SharedDataFact]
    public async Task Every_shared_article_comes_in_and_renders_and_every_third_is_found_by_its_title_in_the_api_and_some_on_the_page()
    {
        await using var web = await HubWeb.OnAsync("Sqlite");
        var folder = Directory.CreateTempSubdirectory("hub-kb-").FullName;
        await using (var packed = new GZipStream(File.OpenRead(Path.Combine(SharedFolder.Path!, "kb", "articles-shared.tar.gz")), CompressionMode.Decompress))
            await TarFile.ExtractToDirectoryAsync(packed, folder, overwriteFiles: false);
        var import = web.Services.GetRequiredService<ArticleImport>();
        var manager = (await import.ManagerAsync(null))!;
        var before = (await RowsAsync()).Select(r => r.Id).ToHashSet();
        var done = (await import.ImportAsync(manager, folder)).Value;
        Assert.Empty(done.Refused);
        Assert.Equal(1500, done.Imported);
        Assert.Equal(1500, (await import.ImportAsync(manager, folder)).Value.Unchanged);
        Directory.Delete(folder, recursive: true);

        var rows = (await RowsAsync()).Where(r => !before.Contains(r.Id)).ToList();
        Assert.Equal(1500, rows.Count);
        foreach (var row in rows) Assert.NotEmpty((await web.Services.GetRequiredService<KnowledgeService>().GetAsync(manager, row.Id)).Value.Html);

        // Many ask, so that nobody asks more often than the hub allows.
        List<HttpClient> people = [];
        foreach (var email in await EmailsAsync()) people.Add(await web.ProgramAsync(email));
        using var browser = await web.BrowserAsync((await EmailsAsync())[0]);
        var lost = new List<string>();
        foreach (var (at, row) in rows.Index().Where(r => r.Index % 3 == 0))
        {
            var client = people[at % people.Count];
            var q = Uri.EscapeDataString(row.Title);
            var items = (await client.GetAsync($"/search?kind=article&q={q}", HttpStatusCode.OK)).Items();
            if (items.TrueForAll(i => i.Text("id") != row.Id.ToString())) lost.Add($"API: {row.Title}");
            if (at % 150 != 0) continue;
            if (!(await browser.GetStringAsync(new Uri($"/search?kind=article&q={q}", UriKind.Relative))).Contains($"href=\"/articles/{row.Id}\"", StringComparison.Ordinal)) lost.Add($"page: {row.Title}");
        }
        Assert.True(lost.Count == 0, $"{lost.Count} not found:\n{string.Join('\n', lost)}");

        async Task<List<ArticleRow>> RowsAsync()
        {
            var (all, after) = (new List<ArticleRow>(), (string?)null);
            do
            {
                var page = (await web.Services.GetRequiredService<ArticleList>().ListAsync(manager, new ArticleQuery(After: after, Limit: 200))).Value;
                all.AddRange(page.Items);
                after = page.Next;
            }
            while (after is not null);
            return all;
        }

        async Task<List<string>> EmailsAsync()
        {
            await using var db = await web.Services.GetRequiredService<IDbContextFactory<HubDb>>().CreateDbContextAsync();
            return await db.People.Where(p => p.Organisation.Domain == "northbridge.example" && p.Kind == ActorKind.Person).OrderBy(p => p.Email).Select(p => p.Email).Take(15).ToListAsync();
        }
    }
}
