using Bunit;
using Hub.Domain;
using Hub.Domain.Chat;
using Hub.Domain.Live;
using Hub.Domain.People;
using Hub.Tests.Storage;
using Hub.Web.Live;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Hub.Tests.Live;

/// <summary>What a first paint read is used by the page that it becomes, and only as long as it is true.</summary>
public sealed class FirstPaintTests : IDisposable
{
    private readonly FirstPaints paints = new();
    private TestHub hub = null!;
    private int reads;

    private LiveBus Live => hub.Get<LiveBus>();

    // A first paint, and the page that comes of it.
    private async Task<FirstPaint> PaintedAsync(Func<FirstPaint, Task> load)
    {
        await using var browser = new BunitContext();
        var state = browser.AddBunitPersistentComponentState();
        browser.Services.AddSingleton(Live).AddSingleton(paints).AddTransient<FirstPaint>();
        await load(browser.Services.GetRequiredService<FirstPaint>());
        state.TriggerOnPersisting();
        return browser.Services.GetRequiredService<FirstPaint>();
    }

    private Task<FirstPaint> PaintedAsync(Topic? also = null) => PaintedAsync(paint => AskAsync(paint, living: false, also: also));

    private async Task<int> AskAsync(FirstPaint paint, bool living = true, Actor? actor = null, Topic? also = null)
    {
        var before = reads;
        var version = also is { } topic ? await Live.VersionAsync(topic) : 0;
        await paint.LoadAsync(actor ?? hub.Amara, living, "what", () => Task.FromResult(++reads), Live.LatestVersion, _ => also is { } t ? [(t, version)] : []);
        return reads - before;
    }

    public void Dispose() => paints.Dispose();

    private Task<LiveWatch?> WatchAsync(Topic topic) => Live.WatchAsync(hub.Amara, topic, _ => Task.CompletedTask);

    [Theory, Databases]
    public async Task The_living_page_reads_nothing_again_that_has_not_changed_and_only_once(string provider)
    {
        await using var _ = hub = await TestHub.StartAsync(provider);
        var page = await PaintedAsync();
        using var watch = await WatchAsync(Topic.Me(hub.Amara.PersonId));
        Assert.Equal(0, await AskAsync(page));
        Assert.Equal(1, await AskAsync(page));
    }

    [Theory, Databases]
    public async Task What_changed_since_or_is_not_followed_or_is_another_persons_is_read_again(string provider)
    {
        await using var _ = hub = await TestHub.StartAsync(provider);
        var me = Topic.Me(hub.Amara.PersonId);
        // Nobody would hear of a change.
        Assert.Equal(1, await AskAsync(await PaintedAsync()));

        // Something of one's own has changed in between, before the page followed it and after.
        var page = await PaintedAsync();
        await hub.Get<ChatService>().CreateChannelAsync(hub.Amara, new NewChannel("between"));
        using var watch = await WatchAsync(me);
        Assert.Equal(1, await AskAsync(page));
        page = await PaintedAsync();
        var channel = (await hub.Get<ChatService>().CreateChannelAsync(hub.Amara, new NewChannel("since"))).Value.Id;
        Assert.Equal(1, await AskAsync(page));

        // Something of what else it tells of.
        var topic = Topic.Conversation(channel);
        using var followed = await WatchAsync(topic);
        page = await PaintedAsync(topic);
        await hub.Get<MessageService>().PostAsync(hub.Amara, channel, Guid.NewGuid(), "hello");
        Assert.Equal(1, await AskAsync(page, also: topic));
        Assert.Equal(0, await AskAsync(await PaintedAsync(topic), also: topic));

        // With somebody else's ticket nobody is given anything.
        using var theirs = await Live.WatchAsync(hub.Jonas, Topic.Me(hub.Jonas.PersonId), _ => Task.CompletedTask);
        Assert.Equal(1, await AskAsync(await PaintedAsync(), actor: hub.Jonas));
    }

    [Theory, Databases]
    public async Task Who_was_taken_out_of_a_conversation_reads_it_again_even_if_nobody_has_told_them_yet(string provider)
    {
        await using var _ = hub = await TestHub.StartAsync(provider);
        var channel = (await hub.Get<ChatService>().CreateChannelAsync(hub.Amara, new NewChannel("inner", People: [hub.Jonas.PersonId]))).Value.Id;
        var (topic, me) = (Topic.Conversation(channel), Topic.Me(hub.Jonas.PersonId));
        // Others keep both topics known on this node.
        using var amara = await WatchAsync(topic);
        using var jonas = await Live.WatchAsync(hub.Jonas, me, _ => Task.CompletedTask);
        foreach (var member in new[] { true, false })
        {
            var paint = await PaintedAsync(first => AskAsync(first, living: false, actor: hub.Jonas, also: topic));
            if (!member) await using (var db = await hub.Hub.CreateDbContextAsync())
                await db.ConversationMembers.Where(m => m.ConversationId == channel && m.PersonId == hub.Jonas.PersonId).ExecuteUpdateAsync(s => s.SetProperty(m => m.LeftAt, hub.Clock.Now()));
            using var page = new LivePage(Live, paint);
            foreach (var one in new[] { topic, me })
                await page.FollowAsync(hub.Jonas, one.Kind, new Dictionary<Guid, Following> { [one.Id] = new Following(() => Task.FromResult(0L), _ => true, null) }, () => { }, work => work());
            var before = reads;
            await page.LoadAsync(hub.Jonas, living: true, "what", () => Task.FromResult(++reads));
            Assert.Equal(member ? 0 : 1, reads - before);
        }
    }

    [Fact]
    public async Task What_is_shown_once_is_taken_as_it_was_painted()
    {
        await using var _ = hub = await TestHub.StartAsync("Sqlite");
        var page = await PaintedAsync(async paint => Assert.Equal(1, await paint.LoadOnceAsync(hub.Amara, living: false, "me", () => Task.FromResult(++reads))));
        Assert.Equal(1, await page.LoadOnceAsync(hub.Amara, living: true, "me", () => Task.FromResult(++reads)));
        Assert.Equal(2, await page.LoadOnceAsync(hub.Amara, living: true, "me", () => Task.FromResult(++reads)));
    }
}
