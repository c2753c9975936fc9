using Hub.Domain;
using Hub.Domain.Chat;
using Hub.Domain.People;
using Hub.Domain.Text;
using Hub.Tests.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Tests.Chat;

/// <summary>What a text mentions, who is meant, and who is asked before many are woken.</summary>
public sealed class MentionTests
{
    [Theory]
    [InlineData("@Jonas Berg, look", "<b><a href=\"/people/1\" rel=\"noopener noreferrer nofollow\">@Jonas Berg</a></b>, look")]
    [InlineData("(@Jonas Berg)", "(<b><a href=\"/people/1\" rel=\"noopener noreferrer nofollow\">@Jonas Berg</a></b>)")]
    [InlineData("@Jonas Berglund", "<b>@Jonas</b> Berglund")]
    [InlineData("@Jonas\nBerg", "<b>@Jonas</b><br>Berg")]
    [InlineData("**@Jonas Berg**", "<strong><b><a href=\"/people/1\" rel=\"noopener noreferrer nofollow\">@Jonas Berg</a></b></strong>")]
    [InlineData("`@Jonas Berg`", "<code>@Jonas Berg</code>")]
    [InlineData("me@Jonas Berg", "me@Jonas Berg")]
    [InlineData("@ Jonas Berg", "@ Jonas Berg")]
    [InlineData("<b>@Nobody</b>", "&lt;b&gt;@Nobody&lt;/b&gt;")]
    public void A_name_that_is_known_becomes_a_mention_at_the_edge_of_a_word(string text, string html)
    {
        var names = new Dictionary<string, MentionMark> { ["Jonas Berg"] = new("Jonas Berg", "/people/1"), ["Jonas"] = new("Jonas", null) };
        Assert.Equal($"<p>{html}</p>", Markdown.Message(text, names).Html);
    }

    [Fact]
    public void A_link_mentions_nobody_and_hides_no_other_address()
    {
        var read = Markdown.Message("[@Jonas](https://elsewhere.example)", new Dictionary<string, MentionMark> { ["Jonas"] = new("Jonas", "/people/1") });
        Assert.Empty(read.Mentioned);
        Assert.DoesNotContain("/people/1", read.Html, StringComparison.Ordinal);
    }

    [Theory, Databases]
    public async Task People_units_groups_and_words_are_meant_as_the_writer_sees_them(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var (chat, directory, messages) = (hub.Get<ChatService>(), hub.Get<DirectoryService>(), hub.Get<MessageService>());
        var unit = await directory.AddUnitAsync(hub.Northbridge, null, "Harbour team B");
        var below = await directory.AddUnitAsync(hub.Northbridge, unit, "Harbour nights");
        var tom = await PersonAsync("Tom Byrne", "tom.byrne", below);
        var (sam, other) = (await PersonAsync("Sam Smith", "sam.smith"), await PersonAsync("Sam Smith", "sam.smith2"));
        var group = await directory.AddGroupAsync(hub.Northbridge, "First aiders", [sam]);
        await directory.AddGroupAsync(hub.Transport, "Rail wardens", [hub.Stranger.PersonId]);
        var open = (await chat.CreateChannelAsync(hub.Amara, new NewChannel("open"))).Value.Id;
        var closed = (await chat.CreateChannelAsync(hub.Amara, new NewChannel("closed", People: [hub.Jonas.PersonId]))).Value.Id;

        var jonas = new MentionTarget(MentionKind.Person, hub.Jonas.PersonId);
        Assert.Equal([jonas], await TargetsAsync(open, "@Jonas Berg"));
        Assert.Equal([jonas], await TargetsAsync(open, "@jonas.berg and @Jonas.Berg@northbridge.example, @Jonas Berg"));
        Assert.Equal([new(MentionKind.Unit, unit)], await TargetsAsync(open, "@Harbour team B: tonight"));
        Assert.Equal([new(MentionKind.Group, group), new(MentionKind.Here, Guid.Empty), new(MentionKind.Channel, Guid.Empty)], await TargetsAsync(open, "@First aiders @here @Channel"));
        Assert.Equal(new[] { sam, other }.Order(), (await TargetsAsync(open, "@Sam Smith")).Select(t => t.Id).Order());
        Assert.Equal([new(MentionKind.Person, other)], await TargetsAsync(open, "@sam.smith2"));
        // Another body's people and groups, who left, who is not in a private conversation; code.
        await directory.LeaveAsync(sam);
        foreach (var text in new[] { "@Sol Strange", "@sol.strange@nbtransport.example", "@Rail wardens", "@sam.smith", "`@here`" }) Assert.Empty(await TargetsAsync(open, text));
        Assert.Empty(await TargetsAsync(closed, "@Tom Byrne"));
        Assert.Equal([jonas], await TargetsAsync(closed, "@Tom Byrne @Jonas Berg"));

        // A unit reaches all below it, in a private conversation its members alone.
        Assert.Equal(1, (await hub.Get<MentionService>().CountAsync(hub.Amara, open, "@Harbour team B")).Value.People);
        Assert.Equal(0, (await hub.Get<MentionService>().CountAsync(hub.Amara, closed, "@Harbour team B")).Value.People);
        Assert.Equal(RefusalKind.NotFound, (await hub.Get<MentionService>().CountAsync(hub.Stranger, open, "@here")).Refusal!.Kind);
        // An edit shows them.
        var message = (await messages.PostAsync(hub.Amara, open, Guid.NewGuid(), "no one")).Value.Message;
        Assert.Contains("<b>", (await messages.EditAsync(hub.Amara, message.Id, "@Jonas Berg", 1)).Value.Html, StringComparison.Ordinal);

        async Task<Guid> PersonAsync(string name, string address, Guid? of = null) =>
            await directory.AddPersonAsync(new NewPerson(hub.Northbridge, name, $"{address}@northbridge.example", "Constable", of));

        async Task<List<MentionTarget>> TargetsAsync(Guid conversation, string text)
        {
            var posted = await messages.PostAsync(hub.Amara, conversation, Guid.NewGuid(), text);
            await using var db = await hub.Hub.CreateDbContextAsync();
            return await db.MessageMentions.Where(m => m.MessageId == posted.Value.Message.Id).OrderBy(m => m.Kind == MentionKind.Channel).ThenBy(m => m.Kind == MentionKind.Here).Select(m => new MentionTarget(m.Kind, m.TargetId)).ToListAsync();
        }
    }

    [Theory, Databases]
    public async Task What_can_be_mentioned_is_found_by_who_is_in_and_names_that_two_share_are_told_apart(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var (chat, mentions) = (hub.Get<ChatService>(), hub.Get<MentionService>());
        await hub.AddPersonAsync("Jo Berg", "jo.berg@northbridge.example");
        await hub.AddPersonAsync("Jo Berg", "jo.berg2@northbridge.example");
        await hub.Get<DirectoryService>().AddGroupAsync(hub.Northbridge, "Bergen exchange", [hub.Jonas.PersonId]);
        var open = (await chat.CreateChannelAsync(hub.Amara, new NewChannel("open"))).Value.Id;
        var closed = (await chat.CreateChannelAsync(hub.Amara, new NewChannel("closed", People: [hub.Jonas.PersonId]))).Value.Id;
        await chat.JoinAsync(hub.Jonas, open);

        Assert.Equal(["Jonas Berg", "jo.berg@northbridge.example", "jo.berg2@northbridge.example", "Bergen exchange"], await FoundAsync(open, "berg"));
        Assert.Equal(["Jonas Berg", "Bergen exchange"], await FoundAsync(closed, "Berg"));
        Assert.Equal(["here"], await FoundAsync(closed, "he"));
        Assert.Empty(await FoundAsync(open, "strange"));
        Assert.Equal(RefusalKind.NotFound, (await mentions.FindAsync(hub.Stranger, open, "")).Refusal!.Kind);
        var reader = await hub.AddPersonAsync("Ria Read", "ria.read@northbridge.example");
        Assert.Equal(RefusalKind.Forbidden, (await mentions.FindAsync(reader, open, "")).Refusal!.Kind);

        async Task<IEnumerable<string>> FoundAsync(Guid conversation, string text) => (await mentions.FindAsync(hub.Amara, conversation, text)).Value.Items.Select(c => c.Write);
    }

    [Theory, Databases]
    public async Task More_than_thirty_are_woken_once_the_writer_says_so_and_fifty_mentions_are_the_most(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var (chat, messages) = (hub.Get<ChatService>(), hub.Get<MessageService>());
        var people = new List<Guid>();
        for (var i = 0; i < 31; i++) people.Add((await hub.AddPersonAsync($"Crowd {i}", $"crowd{i}@northbridge.example")).PersonId);
        var channel = (await chat.CreateChannelAsync(hub.Amara, new NewChannel("crowd", People: people))).Value.Id;
        var send = new NewMessage(Guid.NewGuid(), "@channel briefing at six");

        var asked = (await messages.PostAsync(hub.Amara, channel, send)).Refusal!;
        Assert.Equal((RefusalKind.Conflict, "message.wakes", new Waking(31, true)), (asked.Kind, asked.Code, asked.Current));
        Assert.Equal("message.wakes", (await messages.PostAsync(hub.Amara, channel, send with { Confirmed = 30 })).Refusal!.Code);
        Assert.True((await messages.PostAsync(hub.Amara, channel, send with { Confirmed = 31 })).Value.New);
        // The repeat is the same send, whether it says so again or not.
        Assert.False((await messages.PostAsync(hub.Amara, channel, send)).Value.New);
        await chat.LeaveAsync(new Actor(people[0]), channel);
        Assert.True((await messages.PostAsync(hub.Amara, channel, Guid.NewGuid(), "@channel and now thirty")).Ok);

        var many = string.Join(' ', Enumerable.Range(0, 500).Select(i => $"@Crowd {i}"));
        var refusal = (await messages.PostAsync(hub.Amara, channel, Guid.NewGuid(), many)).Refusal!;
        Assert.Equal((RefusalKind.Invalid, "message.mentions"), (refusal.Kind, refusal.Code));
        Assert.Equal([50, 500], refusal.Args);
        Assert.True((await messages.PostAsync(hub.Amara, channel, Guid.NewGuid(), $"```\n{many}\n```")).Ok);
    }
}
