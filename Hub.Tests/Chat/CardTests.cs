using Hub.Domain;
using Hub.Domain.Chat;
using Hub.Domain.Devices;
using Hub.Domain.Knowledge;
using Hub.Domain.Meetings;
using Hub.Domain.People;
using Hub.Domain.Search;
using Hub.Domain.Text;
using Hub.Tests.Fixes;
using Hub.Tests.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Tests.Chat;

/// <summary>What of a message's links unfolds, and for whom.</summary>
public sealed class CardTests
{
    [Theory]
    [InlineData("See [this](/articles/1) and https://hub.example/chat/m/2, <https://hub.example/x>", "/articles/1 https://hub.example/chat/m/2 https://hub.example/x")]
    [InlineData("[one](/a) [again](/a)\n\n> [two](/b)\n\n- **[three](/c)**", "/a /b /c")]
    [InlineData("`[code](/a)` and /articles/1 alone", "")]
    [InlineData("![picture](/a) mail@hub.example <mail@hub.example>", "")]
    [InlineData("nothing", "")]
    public void Links_are_read_once_and_in_their_order(string text, string expected) => Assert.Equal(expected, string.Join(' ', Markdown.LinksIn(text).Where(l => !l.StartsWith("mailto:", StringComparison.Ordinal))));

    [Theory]
    [InlineData("/articles/1?a=b", "/articles/1?a=b")]
    [InlineData("//elsewhere.example/articles/1", null)]
    [InlineData("/\\elsewhere.example", null)]
    [InlineData("https://hub.example/articles/1", "/articles/1")]
    [InlineData("https://HUB.example:443/articles/1", "/articles/1")]
    [InlineData("https://hub.example:8443/articles/1", null)]
    [InlineData("http://10.0.0.7:5000/articles/1", "/articles/1")]
    [InlineData("https://hub.example.elsewhere.example/articles/1", null)]
    [InlineData("https://elsewhere.example/articles/1", null)]
    [InlineData("ftp://hub.example/articles/1", null)]
    [InlineData("articles/1", null)]
    public void The_hubs_own_is_what_begins_with_a_slash_or_stands_at_its_address(string link, string? within) =>
        Assert.Equal(within, HubAddress.Of("https://hub.example").Within(link, "10.0.0.7:5000"));

    [Theory, Databases]
    public async Task Each_link_unfolds_for_who_may_see_its_target_and_leaves_no_trace_for_anybody_else(string provider)
    {
        await using var fixes = await FixHub.StartAsync(provider, Trouble.PhoneNotSyncing);
        var hub = fixes.Hub;
        var (chat, messages, knowledge, cards) = (hub.Get<ChatService>(), hub.Get<MessageService>(), hub.Get<KnowledgeService>(), hub.Get<CardService>());
        await hub.Get<RoleService>().GrantAsync(hub.Jonas.PersonId, Role.KnowledgeManager, ScopeKind.Organisation, hub.Northbridge);
        var ola = await hub.AddPersonAsync("Ola Other", "ola.other@northbridge.example");
        var open = (await chat.CreateChannelAsync(hub.Amara, new NewChannel("open", Audience: [ChannelAudience.OwnBody, new ChannelAudience(AudienceKind.Organisation, hub.Transport)]))).Value.Id;
        var closed = (await chat.CreateChannelAsync(hub.Amara, new NewChannel("closed", People: [hub.Jonas.PersonId]) { Marking = "OFFICIAL-SENSITIVE" })).Value.Id;
        var said = (await messages.PostAsync(hub.Amara, closed, Guid.NewGuid(), "The **code** is " + new string('x', 400))).Value.Message;
        var draft = (await knowledge.CreateAsync(hub.Jonas, new NewArticle("Slow VPN", "Restart it."))).Value.Id;
        var article = (await knowledge.CreateAsync(hub.Jonas, new NewArticle("Quick VPN", "Leave it alone."))).Value.Id;
        Assert.True((await knowledge.PublishAsync(hub.Jonas, article)).Ok);
        var run = await fixes.RunAsync("mailbox-not-syncing");
        var day = hub.Clock.Now().Date.AddDays(1);
        var meeting = (await hub.Get<MeetingService>().BookAsync(hub.Amara, new MeetingDraft("Handover", $"{day:yyyy-MM-dd}T12:00:00", $"{day:yyyy-MM-dd}T12:30:00", "Europe/London", ["jonas.berg@northbridge.example"], "FREQ=DAILY", "Room 4"))).Value;

        var one = await PostAsync($"[m](/chat/m/{said.Id}) [d](/articles/{draft}) [a](/articles/{article}#top)");
        var two = await PostAsync($"[r](/fixes/runs/{run.Id}) [f](/fixes/mailbox-not-syncing?x=1) [p](/people/{hub.Jonas.PersonId})");
        var three = await PostAsync($"[i](/meetings/{meeting.Id}?on=2026-01-01T12:00:00) [m](/chat/{closed}?at={said.Sequence}) [n](/articles/{Guid.NewGuid()})");
        Assert.Equal([CardKind.Message, CardKind.Article, CardKind.Article], one.Links.Select(l => l.Kind));

        Assert.Equal(["Amara Osei", "Quick VPN"], await TitlesAsync(hub.Amara, one));
        Assert.Equal(["Amara Osei", "Slow VPN", "Quick VPN"], await TitlesAsync(hub.Jonas, one));
        Assert.Equal(["Quick VPN"], await TitlesAsync(ola, one));
        Assert.Empty(await TitlesAsync(hub.Stranger, one));
        var fix = (await fixes.Fixes.GetAsync(hub.Amara, "mailbox-not-syncing")).Value;
        Assert.Equal([fix.Fix.Title, fix.Fix.Title, "Jonas Berg"], await TitlesAsync(hub.Amara, two));
        Assert.Equal([fix.Fix.Title, "Jonas Berg"], await TitlesAsync(hub.Jonas, two));
        Assert.Empty(await TitlesAsync(hub.Stranger, two));
        Assert.Equal(["Handover", "Amara Osei"], await TitlesAsync(hub.Jonas, three));
        Assert.Empty(await TitlesAsync(ola, three));

        var message = (await cards.OfAsync(hub.Jonas, one.Id)).Value[0];
        Assert.Equal(("closed", closed, "OFFICIAL-SENSITIVE", $"/chat/m/{said.Id}"), (message.Place, message.PlaceId, message.Marking, message.Url));
        Assert.StartsWith("The code is xxx", message.Text, StringComparison.Ordinal);
        Assert.Equal(301, message.Text.Length);
        Assert.Equal(["draft", "published"], (await cards.OfAsync(hub.Jonas, one.Id)).Value.Skip(1).Select(c => c.State));
        var (own, service) = ((await cards.OfAsync(hub.Amara, two.Id)).Value[0], (await cards.OfAsync(hub.Jonas, two.Id)).Value[0]);
        Assert.Equal(("Amara Osei", LinkCard.Word(run.State), "", run.Timeline.Count), (own.By, own.State, own.Text, own.Steps));
        Assert.Equal((fix.Service, fix.Steps.Count, fix.Fix.Summary), (service.Place, service.Steps, service.Text));
        var (invited, organiser) = ((await cards.OfAsync(hub.Jonas, three.Id)).Value[0], (await cards.OfAsync(hub.Amara, three.Id)).Value[0]);
        Assert.Equal(("needsAction", true, "Room 4", "Amara Osei", meeting.StartsAt), (invited.State, invited.MayAnswer, invited.Place, invited.By, invited.StartsAt));
        Assert.Equal(("accepted", false), (organiser.State, organiser.MayAnswer));
        hub.Clock.Advance(TimeSpan.FromDays(3));
        Assert.True((await cards.OfAsync(hub.Jonas, three.Id)).Value[0].StartsAt > hub.Clock.Now().AddMinutes(-30));
        await hub.Get<MeetingService>().CancelAsync(hub.Amara, meeting.Id);
        Assert.Equal(("cancelled", false), ((await cards.OfAsync(hub.Jonas, three.Id)).Value[0].State, (await cards.OfAsync(hub.Jonas, three.Id)).Value[0].MayAnswer));

        // Who has left, what is deleted, who is taken out, and ids that are guessed.
        Assert.Equal(RefusalKind.NotFound, (await cards.OfAsync(hub.Amara, Guid.NewGuid())).Refusal!.Kind);
        Assert.Equal(RefusalKind.NotFound, (await cards.OfAsync(ola, said.Id)).Refusal!.Kind);
        await hub.Get<MemberService>().RemoveAsync(hub.Amara, closed, hub.Jonas.PersonId);
        Assert.Equal(["Slow VPN", "Quick VPN"], await TitlesAsync(hub.Jonas, one));
        await messages.DeleteAsync(hub.Amara, said.Id, 1);
        Assert.Equal(["Quick VPN"], await TitlesAsync(hub.Amara, one));
        await hub.Get<DirectoryService>().LeaveAsync(hub.Jonas.PersonId);
        Assert.Equal([fix.Fix.Title, fix.Fix.Title], await TitlesAsync(hub.Amara, two));
        Assert.Empty(await cards.ShowAsync(hub.Jonas, [.. one.Links, .. two.Links, .. three.Links]));

        async Task<MessageRecord> PostAsync(string text)
        {
            var posted = (await messages.PostAsync(hub.Amara, open, Guid.NewGuid(), text)).Value.Message;
            // The event, the page and the message itself say the same.
            Assert.Equal(posted.Links, (await messages.PageAsync(hub.Amara, open)).Value.Items[^1].Links);
            return posted;
        }

        async Task<IEnumerable<string>> TitlesAsync(Actor actor, MessageRecord of)
        {
            var shown = (await cards.OfAsync(actor, of.Id)).Value;
            var page = await cards.ShowAsync(actor, of.Links);
            Assert.Equal(of.Links.Where(page.ContainsKey).Select(l => page[l]), shown);
            return shown.Select(c => c.Title);
        }
    }

    [Theory, Databases]
    public async Task Links_are_found_when_a_message_is_written_and_when_it_is_edited(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var (chat, messages) = (hub.Get<ChatService>(), hub.Get<MessageService>());
        var channel = (await chat.CreateChannelAsync(hub.Amara, new NewChannel("open"))).Value.Id;
        var ola = await hub.AddPersonAsync("Ola Other", "ola.other@northbridge.example");
        var hidden = (await chat.CreateChannelAsync(hub.Jonas, new NewChannel("hidden", People: [ola.PersonId]))).Value.Id;
        var (root, reply) = ((await messages.PostAsync(hub.Amara, channel, Guid.NewGuid(), "root")).Value.Message, (await messages.PostAsync(hub.Amara, channel, Guid.NewGuid(), "next")).Value.Message);
        var (first, second, third, fourth) = (Guid.CreateVersion7(), Guid.CreateVersion7(), Guid.CreateVersion7(), Guid.CreateVersion7());

        // At most three, each once, whatever they are called.
        Assert.Equal([first, second, third], await LinkedAsync($"[a](/articles/{first}) [b](/articles/{second}?x) [c](/articles/{first}#y) [d](/people/{third}) [e](/people/{fourth})"));
        // By where they stand; a thread is the message that it hangs from.
        Assert.Equal([reply.Id, root.Id], await LinkedAsync($"[a](/chat/{channel}?at=2) [b](/chat/{channel}/thread/{root.Id}) [c](/chat/{channel}) [d](/chat/{channel}?at=99)"));
        Assert.Equal([reply.Id], await LinkedAsync($"[a](/chat/{channel}/thread/{root.Id}?at=2)"));
        // Elsewhere, without an id, other pages; and no way to learn what stands in a conversation that one does not see.
        await messages.PostAsync(hub.Jonas, hidden, Guid.NewGuid(), "secret");
        Assert.Empty(await LinkedAsync($"[a](https://elsewhere.example/articles/{first}) [b](/articles/{first}/edit) [c](/articles/new) [d](/fixes/nothing-like-it) `[e](/articles/{first})` [f](/people/team)"));
        Assert.Empty(await LinkedAsync($"[a](/chat/{hidden}?at=1)"));
        Assert.Equal([first], await LinkedAsync($"https://reached.example:8080/articles/{first}", "reached.example:8080"));
        Assert.Empty(await LinkedAsync($"https://reached.example/articles/{first}", "reached.example:8080"));

        var message = (await messages.PostAsync(hub.Amara, channel, Guid.NewGuid(), $"[a](/articles/{first})")).Value.Message;
        Assert.Equal([second], (await messages.EditAsync(hub.Amara, message.Id, $"[b](/articles/{second})", 1)).Value.Links.Select(l => l.Id));
        Assert.Equal([third], (await messages.EditAsync(hub.Amara, message.Id, $"http://reached.example/articles/{third}", 2, "reached.example")).Value.Links.Select(l => l.Id));
        Assert.Same(LinkTarget.None, (await messages.EditAsync(hub.Amara, message.Id, "none", 3)).Value.Links);
        await messages.EditAsync(hub.Amara, message.Id, $"[b](/articles/{second})", 4);
        Assert.Empty((await messages.DeleteAsync(hub.Amara, message.Id, 5)).Value.Links);
        await using var db = await hub.Hub.CreateDbContextAsync();
        Assert.Null(await db.Messages.Where(m => m.Id == message.Id).Select(m => m.Links).SingleAsync());
        // What a newer program wrote, and this one does not know, is left out.
        Assert.Equal([new LinkTarget(CardKind.Article, first)], MessageLinks.Read($"Order:{second:N} Article:{first:N} nonsense"));

        async Task<IEnumerable<Guid>> LinkedAsync(string text, string? host = null) =>
            (await messages.PostAsync(hub.Amara, channel, new NewMessage(Guid.NewGuid(), text) { Host = host })).Value.Message.Links.Select(l => l.Id);
    }

    [Theory, Databases]
    public async Task A_page_of_cards_costs_what_one_card_costs_and_a_message_without_links_costs_nothing(string provider)
    {
        var counted = new Interference();
        await using var hub = await TestHub.StartAsync(provider, counted.AddTo);
        var (chat, messages, cards) = (hub.Get<ChatService>(), hub.Get<MessageService>(), hub.Get<CardService>());
        var channel = (await chat.CreateChannelAsync(hub.Amara, new NewChannel("open"))).Value.Id;
        var said = (await messages.PostAsync(hub.Amara, channel, Guid.NewGuid(), "first")).Value.Message.Id;
        for (var i = 0; i < 12; i++) await messages.PostAsync(hub.Amara, channel, Guid.NewGuid(), $"[m](/chat/m/{said}) [p](/people/{hub.Jonas.PersonId}) [a](/articles/{Guid.NewGuid()})");
        var items = (await messages.PageAsync(hub.Amara, channel)).Value.Items;

        counted.Forget();
        await cards.ShowAsync(hub.Amara, items[1].Links);
        var one = counted.Commands.Count();
        counted.Forget();
        Assert.Equal(2, (await cards.ShowAsync(hub.Amara, [.. items.SelectMany(m => m.Links)])).Count);
        Assert.Equal(one, counted.Commands.Count());
        counted.Forget();
        Assert.Empty(await cards.ShowAsync(hub.Amara, items[0].Links));
        Assert.Empty(counted.Commands);

        // A token shows what its scopes open.
        var chatter = hub.Amara with { Scopes = new HashSet<string> { "chat:read" } };
        Assert.Equal([CardKind.Message], (await cards.ShowAsync(chatter, items[1].Links)).Values.Select(c => c.Kind));
    }
}
