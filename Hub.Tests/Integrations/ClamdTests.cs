using System.Text;
using Hub.Domain;
using Hub.Domain.Chat;
using Hub.Tests.Chat;
using Hub.Tests.Faults;
using Hub.Tests.Storage;
using Hub.Tests.Upkeep;
using Hub.Web.Integrations.Clamd;
using Hub.Web.Upkeep;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace Hub.Tests.Integrations;

/// <summary>Uploads before a scanner that speaks clamd's protocol.</summary>
public sealed class ClamdTests
{
    [Theory, Databases]
    public async Task What_the_scanner_finds_is_given_to_nobody_and_both_sides_are_told(string provider)
    {
        await using var clamd = new FakeClamd();
        await using var hub = await TestHub.StartAsync(provider, s => s.AddSingleton<IFileScanner>(Scanner(clamd.Address)));
        var (files, messages) = (hub.Get<FileService>(), hub.Get<MessageService>());
        var channel = await FileServiceTests.PrivateAsync(hub);
        var clean = await FileServiceTests.UploadAsync(hub, hub.Amara, channel, "clean.txt");
        var card = (await files.UploadAsync(hub.Amara, channel, "invoice.pdf", new MemoryStream(Encoding.ASCII.GetBytes(ClamdCheck.TestVirus)))).Value;
        Assert.Equal((FileState.Quarantined, "Win.Test.EICAR_HDB-1", false), (card.State, card.Finding, card.Thumbnail));

        var message = (await messages.PostAsync(hub.Amara, channel, new NewMessage(Guid.NewGuid(), "The invoice") { FileIds = [card.Id, clean] })).Value.Message;
        Assert.Equal([FileState.Quarantined, FileState.Stored], Assert.Single((await messages.PageAsync(hub.Jonas, channel)).Value.Items).Files.Select(f => f.State));
        foreach (var who in new[] { hub.Amara, hub.Jonas })
            Assert.Equal((RefusalKind.Forbidden, "file.quarantined"), (await files.OpenAsync(who, card.Id)).Refusal is { } r ? (r.Kind, r.Code) : default);
        Assert.Equal("clean.txt", Encoding.UTF8.GetString(await FileServiceTests.ReadAsync(files, hub.Jonas, clean)));
        await using var db = await hub.Hub.CreateDbContextAsync();
        Assert.Equal((card.Id, "Win.Test.EICAR_HDB-1"), await db.AuditEntries.Where(a => a.Action == "file.quarantine").Select(a => new { a.SubjectId, a.Detail }).SingleAsync() is var a ? (a.SubjectId, a.Detail) : default);
        Assert.NotNull((await db.StoredFiles.SingleAsync(f => f.Id == clean)).ScannedAt);
        // Kept aside for those who look into it, also when its message is deleted.
        var aside = Path.Combine(hub.Files, "quarantine", $"{card.Id:N}");
        await messages.DeleteAsync(hub.Amara, message.Id, 1);
        await hub.Get<Hub.Domain.Storage.DueWorker>().PlanAsync();
        foreach (var (days, there) in new[] { (2, true), (31, false) })
        {
            hub.Clock.Advance(TimeSpan.FromDays(days));
            await hub.Get<Hub.Domain.Storage.DueWorker>().WorkAsync("chat.files");
            Assert.Equal(there, File.Exists(aside));
        }
    }

    [Fact]
    public async Task While_the_scanner_is_away_an_upload_waits_whole_and_nothing_is_sent_again()
    {
        await using var clamd = new FakeClamd { Away = true, Most = 200_000 };
        await using var hub = await TestHub.StartAsync("Sqlite", s => s.AddSingleton<IFileScanner>(Scanner(clamd.Address)));
        var files = hub.Get<FileService>();
        var channel = await FileServiceTests.PrivateAsync(hub);
        var begun = (await files.BeginAsync(hub.Amara, channel, "a.txt", 5)).Value.Id;
        Assert.Equal((RefusalKind.Away, "file.scanner"), (await files.AppendAsync(hub.Amara, begun, 0, new MemoryStream("hello"u8.ToArray()))).Refusal is { } r ? (r.Kind, r.Code) : default);
        Assert.Equal(5, (await files.ProgressAsync(hub.Amara, begun)).Value.Offset);
        Assert.Equal("message.files", (await hub.Get<MessageService>().PostAsync(hub.Amara, channel, new NewMessage(Guid.NewGuid(), "see") { FileIds = [begun] })).Refusal!.Code);
        Assert.Equal(RefusalKind.NotFound, (await files.OpenAsync(hub.Amara, begun)).Refusal!.Kind);
        clamd.Away = false;
        Assert.Equal(FileState.Stored, (await files.AppendAsync(hub.Amara, begun, 5, Stream.Null)).Value.File!.State);

        Assert.Equal((RefusalKind.TooLarge, "file.scanner.tooLarge"), (await files.UploadAsync(hub.Amara, channel, "large.bin", new MemoryStream(new byte[5_000_000]))).Refusal is { } t ? (t.Kind, t.Code) : default);
        Assert.Equal(Scanned.Away, (await Scanner($"127.0.0.1:{HubProcess.FreePort()}").ScanAsync(Stream.Null, default)).Said);
    }

    [Fact]
    public async Task Check_says_in_words_how_the_scanner_is()
    {
        await using var clamd = new FakeClamd();
        var now = new OffsetClock(new DateTimeOffset(2026, 11, 28, 0, 0, 0, TimeSpan.Zero) - TimeProvider.System.GetUtcNow());
        async Task<IReadOnlyList<Finding>> Found(string address = "") => await Look.RunAsync(ClamdCheck.LookAsync, Look.At(("Files:Clamd", address.Length == 0 ? clamd.Address : address)) with { Clock = now });

        Assert.Equal([("virus scanner", Verdict.Ok), ("virus test", Verdict.Ok)], (await Found()).Select(f => (f.What, f.Verdict)));
        clamd.Version = "ClamAV 1.0.7/27450/Fri Nov  6 09:32:11 2026";
        Assert.Contains("freshclam", (await Found())[0].Said, StringComparison.Ordinal);
        clamd.Version = "ClamAV 1.0.7";
        Assert.Equal(Verdict.Warning, (await Found())[0].Verdict);
        clamd.Knows = false;
        Assert.Contains("harmless", (await Found())[1].Said, StringComparison.Ordinal);
        Assert.Contains("No clamd answers", Assert.Single(await Found($"127.0.0.1:{HubProcess.FreePort()}"), Look.Wrong).Said, StringComparison.Ordinal);
        Assert.Equal("cannot be looked at with these settings.", Assert.Single(await Found("scanner:none")).Said);
        Assert.Equal(Verdict.Warning, Assert.Single(await Look.RunAsync(ClamdCheck.LookAsync, Look.At())).Verdict);
    }

    [Theory, Databases]
    public async Task Check_says_in_words_how_the_folder_is(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        await using var db = await hub.Hub.CreateDbContextAsync();
        var connection = db.Database.GetConnectionString()!;
        async Task<List<Finding>> Found(string folder, Func<string, long>? free = null)
        {
            var at = provider == "Sqlite" ? Look.At(("Storage:Folder", Path.GetDirectoryName(db.Database.GetDbConnection().DataSource)!), ("Files:Folder", folder)) : Look.Postgres(connection, ("Files:Folder", folder));
            return [.. await Look.RunAsync(FilesCheck.LookAsync, free is null ? at : at with { Free = free })];
        }

        Assert.Contains("first file makes it", Assert.Single(await Found(hub.Files)).Said, StringComparison.Ordinal);
        await FileServiceTests.UploadAsync(hub, hub.Amara, await FileServiceTests.PrivateAsync(hub), "a.txt");
        Assert.Equal([("files", Verdict.Ok), ("shared files", Verdict.Ok)], (await Found(hub.Files)).Select(f => (f.What, f.Verdict)));
        Assert.Contains("Make room", (await Found(hub.Files, _ => 10))[0].Said, StringComparison.Ordinal);
        Assert.Contains("mount", Assert.Single(await Found(hub.Files + ".none"), Look.Wrong).Said, StringComparison.Ordinal);
        // Another folder, and a copy of the right one from before.
        var other = Directory.CreateTempSubdirectory("hub-other-").FullName;
        Assert.Contains("is missing", Assert.Single(await Found(other), Look.Wrong).Said, StringComparison.Ordinal);
        File.Copy(Path.Combine(hub.Files, "hub-files"), Path.Combine(other, "hub-files"));
        Assert.Contains("1 of the newest 1 files", Assert.Single(await Found(other), Look.Wrong).Said, StringComparison.Ordinal);
        Directory.Delete(other, recursive: true);
    }

    private static ClamdScanner Scanner(string address) => new((address.Split(':')[0], int.Parse(address.Split(':')[1])), NullLogger<ClamdScanner>.Instance);
}
