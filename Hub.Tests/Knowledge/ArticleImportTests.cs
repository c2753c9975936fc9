using System.Formats.Tar;
using System.IO.Compression;
using Hub.Domain;
using Hub.Domain.Knowledge;
using Hub.Tests.Storage;

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
        var rows = (await list.ListAsync(hub.Amara, new ArticleQuery())).Items;
        Assert.Equal(["Reset it", "Slow VPN", "odd: [yaml"], rows.Select(r => r.Title).Order(StringComparer.Ordinal));
        var slow = (await knowledge.GetAsync(hub.Amara, rows.Single(r => r.Title == "Slow VPN").Id)).Value;
        Assert.Contains($"href=\"/articles/{rows.Single(r => r.Title == "Reset it").Id}\"", slow.Html, StringComparison.Ordinal);
        Assert.DoesNotContain("gone.md", slow.Html, StringComparison.Ordinal);
        Assert.DoesNotContain("<h", slow.Html, StringComparison.Ordinal);
        Assert.Empty((await list.ListAsync(hub.Stranger, new ArticleQuery())).Items);

        await File.WriteAllTextAsync(Path.Combine(folder, "reset.md"), "# Reset it\n\nOff, wait, on.\n");
        var second = (await import.ImportAsync(hub.Jonas, folder)).Value;
        Assert.Equal((0, 2, 1), (second.Imported, second.Unchanged, second.Changed));
        var reset = (await knowledge.GetAsync(hub.Amara, rows.Single(r => r.Title == "Reset it").Id)).Value;
        Assert.Equal((2, "<p>Off, wait, on.</p>"), (reset.PublishedNumber, reset.Html));
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Every_shared_article_comes_in_and_renders()
    {
        // The collection is not part of the project; where it is not there, a folder of our own stands in for it.
        await using var hub = await TestHub.StartAsync("Sqlite");
        var folder = Directory.CreateTempSubdirectory("hub-kb-").FullName;
        var count = 200;
        if (SharedText.Folder is { } shared)
        {
            await using var packed = new GZipStream(File.OpenRead(Path.Combine(shared, "kb", "articles-shared.tar.gz")), CompressionMode.Decompress);
            await TarFile.ExtractToDirectoryAsync(packed, folder, overwriteFiles: true);
            count = 1500;
        }
        else
        {
            for (var i = 0; i < count; i++) await File.WriteAllTextAsync(Path.Combine(folder, $"{i}.md"), $"# Article {i}\n\n| a | b |\n|---|---|\n| {i} | 2 |\n");
        }
        await KnowledgeTests.Manages(hub, hub.Jonas, hub.Northbridge);
        var done = (await hub.Get<ArticleImport>().ImportAsync(hub.Jonas, folder)).Value;
        Assert.Empty(done.Refused);
        Assert.Equal(count, done.Imported);
        Assert.Equal(count, (await hub.Get<ArticleImport>().ImportAsync(hub.Jonas, folder)).Value.Unchanged);
        var (seen, after) = (0, (string?)null);
        do
        {
            var page = await hub.Get<ArticleList>().ListAsync(hub.Amara, new ArticleQuery(After: after, Limit: 200));
            foreach (var row in page.Items) Assert.NotEmpty((await hub.Get<KnowledgeService>().GetAsync(hub.Amara, row.Id)).Value.Html);
            (seen, after) = (seen + page.Items.Count, page.Next);
        }
        while (after is not null);
        Assert.Equal(count, seen);
        Directory.Delete(folder, recursive: true);
    }
}
