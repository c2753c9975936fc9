using System.Security.Cryptography;
using System.Text;
using Hub.Domain;
using Hub.Domain.Chat;
using Hub.Domain.People;
using Hub.Domain.Storage;
using Hub.Tests.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Hub.Tests.Chat;

public sealed class FileServiceTests
{
    [Theory, Databases]
    public async Task An_interrupted_upload_goes_on_on_another_node_and_the_file_is_read_by_who_sees_its_message_alone(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var (files, there) = (hub.Get<FileService>(), hub.AnotherNode().GetRequiredService<FileService>());
        var channel = await PrivateAsync(hub);
        var bytes = RandomNumberGenerator.GetBytes(300_000);
        var begun = (await files.BeginAsync(hub.Amara, channel, "../../notes \u202Efdp.bin", bytes.Length)).Value;
        await Assert.ThrowsAsync<IOException>(() => files.AppendAsync(hub.Amara, begun.Id, 0, new BreakingStream(bytes[..200_000])));

        var at = (await there.ProgressAsync(hub.Amara, begun.Id)).Value;
        Assert.InRange(at.Offset, 1, 200_000);
        Assert.Equal((bytes.Length, null), (at.Length, at.File));
        var behind = (await there.AppendAsync(hub.Amara, begun.Id, at.Offset - 1, Stream.Null)).Refusal!;
        Assert.Equal((RefusalKind.Stale, at), (behind.Kind, behind.Current));
        var whole = (await there.AppendAsync(hub.Amara, begun.Id, at.Offset, new MemoryStream(bytes[(int)at.Offset..]))).Value;
        Assert.Equal(new FileCard(begun.Id, "notes fdp.bin", "application/octet-stream", bytes.Length, FileState.Stored, null, null, false, ""), whole.File);
        // The answer may have been lost.
        Assert.Equal(whole, (await files.AppendAsync(hub.Amara, begun.Id, at.Offset, Stream.Null)).Value);

        // Until it is posted it is its uploader's alone.
        Assert.Equal(bytes, await ReadAsync(files, hub.Amara, begun.Id));
        foreach (var other in new[] { hub.Jonas, hub.Stranger })
        {
            Assert.Equal(RefusalKind.NotFound, (await files.OpenAsync(other, begun.Id)).Refusal!.Kind);
            Assert.Equal(RefusalKind.NotFound, (await files.ProgressAsync(other, begun.Id)).Refusal!.Kind);
            Assert.Equal(RefusalKind.NotFound, (await files.AppendAsync(other, begun.Id, 0, new MemoryStream(bytes))).Refusal!.Kind);
            Assert.Equal(RefusalKind.NotFound, (await files.RemoveAsync(other, begun.Id)).Refusal!.Kind);
        }

        var message = (await hub.Get<MessageService>().PostAsync(hub.Amara, channel, new NewMessage(Guid.NewGuid(), "") { FileIds = [begun.Id] })).Value.Message;
        Assert.Equal([whole.File!], message.Files);
        Assert.Equal([whole.File!], Assert.Single((await hub.Get<MessageService>().PageAsync(hub.Jonas, channel)).Value.Items).Files);
        Assert.Equal("notes fdp.bin", (await hub.Get<ChatService>().GetAsync(hub.Jonas, channel)).Value.LatestText);
        Assert.Equal(bytes, await ReadAsync(there, hub.Jonas, begun.Id));
        Assert.Equal(RefusalKind.NotFound, (await files.OpenAsync(hub.Stranger, begun.Id)).Refusal!.Kind);
        Assert.Equal(RefusalKind.NotFound, (await files.OpenAsync(hub.Amara, Guid.NewGuid())).Refusal!.Kind);
        Assert.Equal((RefusalKind.Forbidden, "file.posted"), (await files.RemoveAsync(hub.Amara, begun.Id)).Refusal is { } posted ? (posted.Kind, posted.Code) : default);
        Assert.Equal(RefusalKind.NotFound, (await files.ProgressAsync(hub.Amara, begun.Id)).Refusal!.Kind);

        // Who has left sees neither it nor its message; its message deleted, nobody does.
        await hub.Get<ChatService>().LeaveAsync(hub.Jonas, channel);
        Assert.Equal(RefusalKind.NotFound, (await files.OpenAsync(hub.Jonas, begun.Id)).Refusal!.Kind);
        Assert.Equal(RefusalKind.NotFound, (await files.BeginAsync(hub.Jonas, channel, "a.txt", 1)).Refusal!.Kind);
        Assert.Empty((await hub.Get<MessageService>().DeleteAsync(hub.Amara, message.Id, 1)).Value.Files);
        Assert.Equal(RefusalKind.NotFound, (await files.OpenAsync(hub.Amara, begun.Id)).Refusal!.Kind);
        Assert.Empty(Assert.Single((await hub.Get<MessageService>().PageAsync(hub.Amara, channel)).Value.Items).Files);
        Assert.Equal("", (await hub.Get<ChatService>().GetAsync(hub.Amara, channel)).Value.LatestText);
    }

    [Theory, Databases]
    public async Task A_message_takes_its_senders_own_files_of_its_conversation_once(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var (files, messages) = (hub.Get<FileService>(), hub.Get<MessageService>());
        var (one, two) = (await PrivateAsync(hub), await PrivateAsync(hub));
        var (mine, second) = (await UploadAsync(hub, hub.Amara, one, "a.txt"), await UploadAsync(hub, hub.Amara, one, "b.txt"));
        var (theirs, elsewhere) = (await UploadAsync(hub, hub.Jonas, one, "c.txt"), await UploadAsync(hub, hub.Amara, two, "d.txt"));
        var coming = (await files.BeginAsync(hub.Amara, one, "e.txt", 10)).Value.Id;
        Task<Outcome<Posted>> Post(Guid id, string text, params Guid[] ids) => messages.PostAsync(hub.Amara, one, new NewMessage(id, text) { FileIds = ids });

        foreach (var wrong in new[] { theirs, elsewhere, coming, Guid.NewGuid() })
            Assert.Equal((RefusalKind.Invalid, "message.files"), (await Post(Guid.NewGuid(), "see", mine, wrong)).Refusal is { } r ? (r.Kind, r.Code) : default);
        Assert.Equal("message.files.most", (await Post(Guid.NewGuid(), "see", mine, mine)).Refusal!.Code);
        Assert.Equal("message.files.most", (await Post(Guid.NewGuid(), "see", [.. Enumerable.Range(0, 11).Select(_ => Guid.NewGuid())])).Refusal!.Code);
        Assert.Equal("message.empty", (await Post(Guid.NewGuid(), "")).Refusal!.Code);
        Assert.Empty((await messages.PageAsync(hub.Amara, one)).Value.Items);

        var id = Guid.NewGuid();
        var first = (await Post(id, "see", second, mine)).Value;
        Assert.Equal([second, mine], first.Message.Files.Select(f => f.Id));
        var again = (await Post(id, "see", second, mine)).Value;
        Assert.Equal((false, first.Message.Id), (again.New, again.Message.Id));
        Assert.Equal([second, mine], again.Message.Files.Select(f => f.Id));
        foreach (var other in new Guid[][] { [], [mine], [mine, second] }) Assert.Equal(RefusalKind.Conflict, (await Post(id, "see", other)).Refusal!.Kind);
        Assert.Equal("message.files", (await Post(Guid.NewGuid(), "again", mine)).Refusal!.Code);
        await messages.DeleteAsync(hub.Amara, first.Message.Id, 1);
        Assert.False((await Post(id, "see", second, mine)).Value.New);

        // Two messages, and taking back, reach for the same files in the same moment: one gets them, the rest is whole.
        var wanted = await UploadAsync(hub, hub.Amara, one, "f.txt");
        var there = hub.AnotherNode().GetRequiredService<MessageService>();
        var crowd = await Task.WhenAll(Enumerable.Range(0, 12).Select(i => Task.Run(() => (i % 2 == 0 ? messages : there)
            .PostAsync(hub.Amara, one, new NewMessage(Guid.NewGuid(), $"{i}") { FileIds = i % 3 == 0 ? [wanted] : [] }))));
        Assert.Equal(8, crowd.Where((c, i) => i % 3 != 0 && c.Ok).Count());
        Assert.Single(crowd.Where((c, i) => i % 3 == 0 && c.Ok));
        Assert.All(crowd.Where(c => !c.Ok), c => Assert.Equal("message.files", c.Refusal!.Code));
        Assert.Equal(Enumerable.Range(1, 10).Select(i => (long)i), (await messages.PageAsync(hub.Amara, one, limit: 200)).Value.Items.Select(m => m.Sequence));
    }

    [Theory, Databases]
    public async Task What_may_not_be_sent_is_refused_with_its_reason_and_forgotten(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var files = hub.Get<FileService>();
        var channel = (await hub.Get<ChatService>().CreateChannelAsync(hub.Amara, new NewChannel("one"))).Value.Id;
        async Task<(RefusalKind, string)> Refused(Task<Outcome<FileCard>> upload) => (await upload).Refusal is { } r ? (r.Kind, r.Code) : default;
        Task<(RefusalKind, string)> Sent(string name, byte[] bytes, long? length = null) => Refused(files.UploadAsync(hub.Amara, channel, name, new MemoryStream(bytes), length));

        Assert.Equal((RefusalKind.Invalid, "file.program.name"), await Sent("photo.jpg.exe . ", SomeFiles.Png()));
        Assert.Equal((RefusalKind.Invalid, "file.program.name"), await Sent("run\u202Etxt.hta", "<p>"u8.ToArray()));
        Assert.Equal((RefusalKind.Invalid, "file.program.inside"), await Sent("photo.jpg", SomeFiles.Program()));
        Assert.Equal((RefusalKind.Invalid, "file.program.inside"), await Sent("notes.txt", "#!/bin/sh\nrm -rf ~\n"u8.ToArray()));
        Assert.Equal((RefusalKind.Invalid, "file.empty"), await Sent("a.txt", []));
        Assert.Equal((RefusalKind.Invalid, "file.empty"), await Sent("a.txt", [], 0));
        Assert.Equal((RefusalKind.Invalid, "file.length"), await Sent("a.txt", new byte[20], 10));
        Assert.Equal((RefusalKind.Invalid, "file.length"), await Sent("a.txt", new byte[5], 10));
        Assert.Equal((RefusalKind.TooLarge, "file.tooLarge"), await Sent("a.txt", [1], files.MostBytes + 1));
        Assert.Equal((RefusalKind.NotFound, "notFound"), await Refused(files.UploadAsync(hub.Stranger, channel, "a.txt", new MemoryStream([1]))));
        Assert.Equal((RefusalKind.Forbidden, "chat.join"), await Refused(files.UploadAsync(hub.Jonas, channel, "a.txt", new MemoryStream([1]))));
        // Nothing of it stands, and nothing of it lies about.
        await using var db = await hub.Hub.CreateDbContextAsync();
        Assert.Empty(await db.StoredFiles.Where(f => f.RemovedAt == null || f.ErasedAt == null).ToListAsync());
        Assert.Equal([FileStore.Mark], Directory.EnumerateFiles(hub.Files, "*", SearchOption.AllDirectories).Select(Path.GetFileName));

        // In parts: who has left meanwhile puts nothing more into it.
        var begun = (await files.BeginAsync(hub.Amara, channel, "a.txt", 4)).Value.Id;
        Assert.Equal(2, (await files.AppendAsync(hub.Amara, begun, 0, new MemoryStream([1, 2]))).Value.Offset);
        await hub.Get<ChatService>().LeaveAsync(hub.Amara, channel);
        Assert.Equal("chat.join", (await files.AppendAsync(hub.Amara, begun, 2, new MemoryStream([3, 4]))).Refusal!.Code);
        await hub.Get<ChatService>().JoinAsync(hub.Amara, channel);
        for (var i = 1; i < FileService.MostWaiting; i++) await UploadAsync(hub, hub.Amara, channel, $"{i}.txt");
        Assert.Equal("file.waiting", (await files.BeginAsync(hub.Amara, channel, "a.txt", 4)).Refusal!.Code);
        Assert.True((await files.RemoveAsync(hub.Amara, begun)).Value);
        Assert.True((await files.BeginAsync(hub.Amara, channel, "a.txt", 4)).Ok);
    }

    [Fact]
    public async Task Pictures_are_shown_small_as_they_are_held_and_what_would_fill_the_memory_is_not_opened()
    {
        await using var hub = await TestHub.StartAsync("Sqlite");
        var files = hub.Get<FileService>();
        var channel = await PrivateAsync(hub);
        async Task<FileCard> Sent(string name, byte[] bytes) => (await files.UploadAsync(hub.Amara, channel, name, new MemoryStream(bytes))).Value;

        var png = await Sent("wide.png", SomeFiles.Png());
        Assert.Equal(("image/png", 1200, 800, true), (png.ContentType, png.Width, png.Height, png.Thumbnail));
        Assert.Equal((640, 427), await ThumbnailAsync(png.Id));
        var turned = await Sent("upright.jpg", SomeFiles.TurnedJpeg());
        Assert.Equal((800, 1200, true), (turned.Width, turned.Height, turned.Thumbnail));
        Assert.Equal((427, 640), await ThumbnailAsync(turned.Id));
        var small = await Sent("small.png", SomeFiles.Png(20, 10));
        Assert.Equal((20, 10), await ThumbnailAsync(small.Id));

        // What its name or its sender says counts for nothing.
        Assert.Equal("image/png", (await Sent("notes.txt", SomeFiles.Png(9, 9))).ContentType);
        Assert.Equal(("text/plain", false), (await Sent("photo.png", "<script>alert(1)</script>"u8.ToArray())) is var page ? (page.ContentType, page.Thumbnail) : default);
        var bomb = await Sent("bomb.png", SomeFiles.PngThatSays(60_000, 60_000));
        Assert.Equal(("image/png", 60_000, false), (bomb.ContentType, bomb.Width, bomb.Thumbnail));
        Assert.Equal(RefusalKind.NotFound, (await files.ThumbnailAsync(hub.Amara, bomb.Id)).Refusal!.Kind);
        var damaged = await Sent("damaged.png", [.. SomeFiles.Png()[..40], .. new byte[400]]);
        Assert.Equal(("image/png", false), (damaged.ContentType, damaged.Thumbnail));

        // An archive is only bytes.
        var archive = SomeFiles.ZipBomb();
        var zip = await Sent("backup.zip", archive);
        Assert.Equal(("application/zip", archive.Length), (zip.ContentType, (int)zip.Length));
        Assert.Equal(archive, await ReadAsync(files, hub.Amara, zip.Id));
        Assert.True(Directory.EnumerateFiles(hub.Files, "*", SearchOption.AllDirectories).Sum(f => new FileInfo(f).Length) < 2_000_000);

        async Task<(int, int)> ThumbnailAsync(Guid id)
        {
            await using var content = (await files.ThumbnailAsync(hub.Amara, id)).Value.Content;
            using var codec = SkiaSharp.SKCodec.Create(content);
            Assert.Equal(SkiaSharp.SKEncodedImageFormat.Webp, codec.EncodedFormat);
            return (codec.Info.Width, codec.Info.Height);
        }
    }

    [Theory, Databases]
    public async Task What_is_not_posted_or_was_deleted_is_erased_after_a_day_and_its_row_stays(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var (messages, work) = (hub.Get<MessageService>(), hub.Get<DueWorker>());
        var channel = await PrivateAsync(hub);
        var (kept, deleted, waiting) = (await UploadAsync(hub, hub.Amara, channel, "a.txt"), await UploadAsync(hub, hub.Amara, channel, "b.txt"), await UploadAsync(hub, hub.Amara, channel, "c.txt"));
        await messages.PostAsync(hub.Amara, channel, new NewMessage(Guid.NewGuid(), "") { FileIds = [kept] });
        var message = (await messages.PostAsync(hub.Amara, channel, new NewMessage(Guid.NewGuid(), "") { FileIds = [deleted] })).Value.Message.Id;
        var coming = (await hub.Get<FileService>().BeginAsync(hub.Amara, channel, "d.txt", 9)).Value.Id;
        await hub.Get<FileService>().AppendAsync(hub.Amara, coming, 0, new MemoryStream([1, 2, 3]));
        await messages.DeleteAsync(hub.Amara, message, 1);
        await work.PlanAsync();
        var store = hub.Get<FileStore>();

        async Task<int> After(TimeSpan time)
        {
            hub.Clock.Advance(time);
            await work.WorkAsync("chat.files");
            await using var db = await hub.Hub.CreateDbContextAsync();
            var rows = await db.StoredFiles.ToListAsync();
            Assert.All(rows, r => Assert.Equal(r.ErasedAt is null, store.Received(r.Id) > 0));
            Assert.Equal(4, rows.Count);
            return rows.Count(r => r.ErasedAt is not null);
        }

        Assert.Equal(0, await After(TimeSpan.FromHours(23)));
        Assert.Equal(1, await After(TimeSpan.FromHours(2)));
        Assert.Equal("message.files", (await messages.PostAsync(hub.Amara, channel, new NewMessage(Guid.NewGuid(), "late") { FileIds = [waiting] })).Refusal!.Code);
        Assert.Equal(3, await After(TimeSpan.FromHours(25)));
        Assert.Equal("a.txt", Encoding.UTF8.GetString(await ReadAsync(hub.Get<FileService>(), hub.Jonas, kept)));
    }

    [Theory, Databases]
    public async Task A_folder_that_is_not_the_one_that_the_nodes_share_is_not_used(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var files = hub.Get<FileService>();
        var channel = await PrivateAsync(hub);
        var sent = await UploadAsync(hub, hub.Amara, channel, "a.txt");
        // A share that is not mounted any more, or another node without it.
        Directory.Move(hub.Files, hub.Files + ".away");
        Assert.Equal((RefusalKind.Away, "file.away"), (await files.BeginAsync(hub.Amara, channel, "b.txt", 1)).Refusal is { } r ? (r.Kind, r.Code) : default);
        Assert.Equal("file.away", (await files.OpenAsync(hub.Amara, sent)).Refusal!.Code);
        Assert.Equal("file.away", (await hub.AnotherNode().GetRequiredService<FileService>().OpenAsync(hub.Amara, sent)).Refusal!.Code);
        Assert.Empty(Directory.GetFileSystemEntries(hub.Files));
        Directory.Delete(hub.Files);
        Directory.Move(hub.Files + ".away", hub.Files);
        Assert.Equal("a.txt", Encoding.UTF8.GetString(await ReadAsync(files, hub.Amara, sent)));

        var full = new FileService(hub.Hub, new FileStore(hub.Get<FileSettings>(), hub.Hub) { Free = _ => FileStore.Spare + 5 }, hub.Get<FileInspection>(), hub.Get<FileSettings>(), hub.Clock);
        Assert.Equal("file.full", (await full.BeginAsync(hub.Amara, channel, "b.txt", 6)).Refusal!.Code);
        Assert.True((await full.BeginAsync(hub.Amara, channel, "b.txt", 5)).Ok);
    }

    internal static async Task<Guid> UploadAsync(TestHub hub, Actor actor, Guid channel, string name) =>
        (await hub.Get<FileService>().UploadAsync(actor, channel, name, new MemoryStream(Encoding.UTF8.GetBytes(name)))).Value.Id;

    internal static async Task<Guid> PrivateAsync(TestHub hub) =>
        (await hub.Get<ChatService>().CreateChannelAsync(hub.Amara, new NewChannel("op-lantern", People: [hub.Jonas.PersonId]))).Value.Id;

    internal static async Task<byte[]> ReadAsync(FileService files, Actor actor, Guid id)
    {
        await using var content = (await files.OpenAsync(actor, id)).Value.Content;
        var all = new MemoryStream();
        await content.CopyToAsync(all);
        return all.ToArray();
    }

    /// <summary>A connection that breaks after these bytes.</summary>
    private sealed class BreakingStream(byte[] bytes) : MemoryStream(bytes)
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            await base.ReadAsync(buffer, cancellationToken) is var read and > 0 ? read : throw new IOException("The connection broke.");
    }
}
