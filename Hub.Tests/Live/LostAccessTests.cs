using Hub.Domain.Chat;
using Hub.Domain.Knowledge;
using Hub.Domain.Live;
using Hub.Domain.Meetings;
using Hub.Domain.People;
using Hub.Tests.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace Hub.Tests.Live;

/// <summary>Whoever may no longer see something stops watching it: at once on the node where that was said, with the next checks on every other.</summary>
public sealed class LostAccessTests
{
    [Theory, Databases]
    public async Task Leaving_a_private_channel(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var chat = hub.Get<ChatService>();
        var channel = (await chat.CreateChannelAsync(hub.Amara, new NewChannel("op-lantern", People: [hub.Jonas.PersonId]))).Value.Id;
        await EndsAsync(hub, Topic.Conversation(channel), hub.Jonas, hub.Amara, () => chat.LeaveAsync(hub.Jonas, channel));
    }

    [Theory, Databases]
    public async Task Being_taken_out_of_a_private_channel(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var channel = (await hub.Get<ChatService>().CreateChannelAsync(hub.Amara, new NewChannel("op-lantern", People: [hub.Jonas.PersonId]))).Value.Id;
        await EndsAsync(hub, Topic.Conversation(channel), hub.Jonas, hub.Amara, () => hub.Get<MemberService>().RemoveAsync(hub.Amara, channel, hub.Jonas.PersonId));
    }

    [Theory, Databases]
    public async Task Being_taken_off_a_meeting(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var meetings = hub.Get<MeetingService>();
        var draft = new MeetingDraft("Handover", "2027-03-22T09:30:00", "2027-03-22T10:00:00", "Europe/London", ["jonas.berg@northbridge.example"]);
        var meeting = (await meetings.BookAsync(hub.Amara, draft)).Value;
        await EndsAsync(hub, Topic.Meeting(meeting.Id), hub.Jonas, hub.Amara, () => meetings.ChangeAsync(hub.Amara, meeting.Id, draft with { Title = "Secret", Attendees = [] }, 1));
    }

    [Theory, Databases]
    public async Task An_article_for_fewer_people(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var knowledge = hub.Get<KnowledgeService>();
        await hub.Get<RoleService>().GrantAsync(hub.Amara.PersonId, Role.KnowledgeManager, ScopeKind.Organisation, hub.Northbridge);
        var article = (await knowledge.CreateAsync(hub.Amara, new NewArticle("Slow VPN", "Restart it."))).Value.Id;
        await knowledge.PublishAsync(hub.Amara, article);
        AudienceEntry me = new() { Kind = AudienceKind.Person, TargetId = hub.Amara.PersonId };
        await EndsAsync(hub, Topic.Article(article), hub.Jonas, hub.Amara, () => knowledge.SetAudienceAsync(hub.Amara, article, [me]));
    }

    [Theory, Databases]
    public async Task A_role_that_ended(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var roles = hub.Get<RoleService>();
        var admin = await hub.AddPersonAsync("Ada Min", "ada.min@northbridge.example");
        await roles.GrantAsync(admin.PersonId, Role.Administrator, ScopeKind.Hub, null);
        var draft = (await hub.Get<KnowledgeService>().CreateAsync(hub.Amara, new NewArticle("Slow VPN", "Restart it."))).Value.Id;
        var grant = await roles.GrantAsync(hub.Jonas.PersonId, Role.KnowledgeManager, ScopeKind.Organisation, hub.Northbridge);
        await EndsAsync(hub, Topic.Article(draft), hub.Jonas, hub.Amara, () => roles.EndAsync(admin, grant));
    }

    [Theory, Databases]
    public async Task A_person_who_left_even_from_their_own_topic(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var channel = (await hub.Get<ChatService>().CreateChannelAsync(hub.Amara, new NewChannel("open"))).Value.Id;
        using var own = await hub.Get<LiveBus>().WatchAsync(hub.Jonas, Topic.Me(hub.Jonas.PersonId), _ => Task.CompletedTask);
        Assert.NotNull(own);
        await EndsAsync(hub, Topic.Conversation(channel), hub.Jonas, hub.Amara, async () =>
        {
            await hub.Get<DirectoryService>().LeaveAsync(hub.Jonas.PersonId);
            await hub.Get<DirectoryService>().LeaveAsync(hub.Jonas.PersonId);
        });
        Assert.Null(await hub.Get<LiveBus>().WatchAsync(hub.Jonas, Topic.Me(hub.Jonas.PersonId), _ => Task.CompletedTask));
        await using var db = await hub.Hub.CreateDbContextAsync();
        Assert.Single(db.AuditEntries.Where(a => a.Action == "person.leave"));
    }

    [Theory, Databases]
    public async Task A_person_who_left_before_the_first_check_of_a_node(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var there = hub.AnotherNode().GetRequiredService<LiveBus>();
        var far = new Inbox();
        await there.WatchAsync(hub.Jonas, Topic.Me(hub.Jonas.PersonId), far.TakeAsync);
        await hub.Get<DirectoryService>().LeaveAsync(hub.Jonas.PersonId);
        await there.CheckVersionsAsync();
        await far.EndedAsync();
    }

    [Theory, Databases]
    public async Task On_a_node_that_hears_of_it_before_anything_that_follows(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var (chat, here, there) = (hub.Get<ChatService>(), hub.Get<LiveBus>(), hub.AnotherNode().GetRequiredService<LiveBus>());
        await using var wire = new NodeWire(here, there);
        var channel = (await chat.CreateChannelAsync(hub.Amara, new NewChannel("op-lantern", People: [hub.Jonas.PersonId]))).Value.Id;
        var (left, stays) = (new Inbox(), new Inbox());
        Assert.NotNull(await there.WatchAsync(hub.Jonas, Topic.Conversation(channel), left.TakeAsync));
        Assert.NotNull(await there.WatchAsync(hub.Amara, Topic.Conversation(channel), stays.TakeAsync));

        await chat.LeaveAsync(hub.Jonas, channel);
        await hub.Get<MessageService>().PostAsync(hub.Amara, channel, Guid.NewGuid(), "He must not see this");

        await stays.VersionsAsync(2);
        await left.EndedAsync();
        Assert.Empty(left.Events);
    }

    /// <summary>Both watch on both nodes; after the change one of them does not, and was told nothing of it, and the other still does.</summary>
    private static async Task EndsAsync(TestHub hub, Topic topic, Actor loses, Actor keeps, Func<Task> change)
    {
        var (here, there) = (hub.Get<LiveBus>(), hub.AnotherNode().GetRequiredService<LiveBus>());
        var (near, far, stays) = (new Inbox(), new Inbox(), new Inbox());
        Assert.NotNull(await here.WatchAsync(loses, topic, near.TakeAsync));
        Assert.NotNull(await there.WatchAsync(loses, topic, far.TakeAsync));
        Assert.NotNull(await here.WatchAsync(keeps, topic, stays.TakeAsync));
        Assert.NotNull(await there.WatchAsync(keeps, topic, stays.TakeAsync));
        await there.CheckVersionsAsync();
        Assert.False(near.HasEnded || far.HasEnded);

        await change();

        await near.EndedAsync();
        // An article's own word for it holds nothing but its id.
        Assert.DoesNotContain(near.Events, e => e.Name != "article-audience");
        // The second finds what only the topic knows: that it moved and nothing was published here.
        await there.CheckVersionsAsync();
        await there.CheckVersionsAsync();
        await far.EndedAsync();
        Assert.Empty(far.Events);
        Assert.False(stays.HasEnded);
    }
}
