using Hub.Domain;
using Hub.Domain.Chat;
using Hub.Domain.Devices;
using Hub.Domain.Fixes;
using Hub.Domain.Live;
using Hub.Tests.Fixes;
using Hub.Tests.Storage;

namespace Hub.Tests.Chat;

/// <summary>What becomes of a run that a person is asked to help with, and of every card that shows a run.</summary>
public sealed class HelpDeskTests
{
    [Theory, Databases]
    public async Task A_hand_over_brings_the_words_and_the_run_to_the_help_channel_once(string provider)
    {
        await using var hub = await FixHub.StartAsync(provider, Trouble.PhoneNotSyncing);
        var (amara, messages) = (hub.Hub.Amara, hub.Hub.Get<MessageService>());
        var run = await hub.RunAsync("mailbox-not-syncing");

        Assert.Equal(hub.HelpChannel, (await hub.Runs.HandOverAsync(amara, run.Id, "Mail does not come")).Value);
        Assert.Equal(hub.HelpChannel, (await hub.Runs.HandOverAsync(amara, run.Id, "It still does not")).Value);

        var said = Assert.Single((await messages.PageAsync(amara, hub.HelpChannel)).Value.Items);
        Assert.Equal(("Mail does not come", run.Id, RunState.NotFixed), (said.Text, said.Run!.Id, said.Run.State));
        Assert.True((await hub.Hub.Get<ChatService>().GetAsync(amara, hub.HelpChannel)).Value.Joined);
        var after = (await hub.Runs.GetAsync(amara, run.Id)).Value;
        Assert.Equal((RunState.NotFixed, hub.HelpChannel), (after.State, after.HandedOverToId));
    }

    [Theory, Databases]
    public async Task What_was_posted_before_the_hub_fell_over_is_found_again_whatever_the_words(string provider)
    {
        await using var hub = await FixHub.StartAsync(provider, Trouble.PhoneNotSyncing);
        var amara = hub.Hub.Amara;
        var run = await hub.RunAsync("mailbox-not-syncing");
        // The message stands; the hub went away before the run was marked as handed over.
        Assert.Equal(hub.HelpChannel, (await hub.Hub.Get<IHelpDesk>().HandOverAsync(amara, run.Id, "Mail does not come")).Value);

        Assert.Equal(hub.HelpChannel, (await hub.Runs.HandOverAsync(amara, run.Id, "Please help")).Value);

        Assert.Equal("Mail does not come", Assert.Single((await hub.Hub.Get<MessageService>().PageAsync(amara, hub.HelpChannel)).Value.Items).Text);
        Assert.NotNull((await hub.Runs.GetAsync(amara, run.Id)).Value.HandedOverAt);
    }

    [Theory, Databases]
    public async Task Every_card_of_a_run_follows_it_wherever_it_was_posted(string provider)
    {
        await using var hub = await FixHub.StartAsync(provider, Trouble.PhoneNotSyncing);
        var (amara, chat, messages, live) = (hub.Hub.Amara, hub.Hub.Get<ChatService>(), hub.Hub.Get<MessageService>(), hub.Hub.Get<LiveBus>());
        var run = await hub.RunAsync("mailbox-not-syncing");
        var one = (await chat.CreateChannelAsync(amara, new NewChannel("one"))).Value.Id;
        var two = (await chat.OpenDirectAsync(amara, hub.Hub.Jonas.PersonId)).Value.Conversation.Id;
        foreach (var place in new[] { one, one, two }) Assert.True((await messages.PostAsync(amara, place, new NewMessage(Guid.NewGuid(), "See this") { RunId = run.Id })).Ok);
        var gone = (await messages.PostAsync(amara, two, new NewMessage(Guid.NewGuid(), "Not this") { RunId = run.Id })).Value.Message;
        await messages.DeleteAsync(amara, gone.Id, 1);
        var (before, watches) = (new Dictionary<Guid, MessagesPage>(), new List<LiveWatch>());
        foreach (var place in new[] { one, two })
        {
            watches.Add((await live.WatchAsync(amara, Topic.Conversation(place), _ => Task.CompletedTask))!);
            before[place] = (await messages.PageAsync(amara, place)).Value;
        }

        await hub.AnswerAsync(run, "go");

        foreach (var place in new[] { one, two })
        {
            var cards = before[place].Items.ToDictionary(m => m.Id);
            var events = live.EventsAfter(Topic.Conversation(place), before[place].Version)!;
            Assert.All(events, e => Assert.Equal("message-run", e.Name));
            foreach (var e in events) cards[((MessageRecord)e.Payload).Id] = (MessageRecord)e.Payload;
            var fresh = (await messages.PageAsync(amara, place)).Value;
            Assert.Equal(fresh.Items, cards.Values.OrderBy(m => m.Sequence));
            Assert.Equal(fresh.Version, events[^1].Version);
            Assert.All(fresh.Items.Where(m => m.DeletedAt is null), m => Assert.Equal((RunState.Fixed, true), (m.Run!.State, m.Run.Verified)));
        }
        foreach (var watch in watches) watch.Dispose();
    }

    [Theory, Databases]
    public async Task Runs_that_change_and_cards_that_are_posted_in_the_same_moment_wait_for_each_other(string provider)
    {
        await using var hub = await FixHub.StartAsync(provider, Trouble.PhoneNotSyncing, Trouble.LaptopSlow);
        var (amara, chat, messages) = (hub.Hub.Amara, hub.Hub.Get<ChatService>(), hub.Hub.Get<MessageService>());
        RunView[] runs = [await hub.RunAsync("mailbox-not-syncing"), await hub.RunAsync("slow-laptop")];
        Guid[] places = [(await chat.CreateChannelAsync(amara, new NewChannel("one"))).Value.Id, (await chat.CreateChannelAsync(amara, new NewChannel("two"))).Value.Id];
        foreach (var run in runs)
            foreach (var place in places) await messages.PostAsync(amara, place, new NewMessage(Guid.NewGuid(), "before") { RunId = run.Id });

        await Task.WhenAll([
            .. runs.Select(r => Task.Run(() => hub.Runs.AbandonAsync(amara, r.Id))),
            .. runs.SelectMany(r => places.Reverse(), (r, place) => Task.Run(() => messages.PostAsync(amara, place, new NewMessage(Guid.NewGuid(), "meanwhile") { RunId = r.Id }))),
        ]);

        foreach (var place in places)
        {
            var page = (await messages.PageAsync(amara, place)).Value;
            Assert.Equal(4, page.Items.Count);
            Assert.All(page.Items, m => Assert.Equal(RunState.Abandoned, m.Run!.State));
        }
    }

    [Theory, Databases]
    public async Task Readings_are_shared_by_the_runner_alone_in_the_thread_of_the_card(string provider)
    {
        await using var hub = await FixHub.StartAsync(provider, Trouble.PhoneNotSyncing);
        var (amara, jonas, chat, messages, readings) = (hub.Hub.Amara, hub.Hub.Jonas, hub.Hub.Get<ChatService>(), hub.Hub.Get<MessageService>(), hub.Hub.Get<ReadingService>());
        var run = await hub.RunAsync("mailbox-not-syncing");
        var channel = (await chat.CreateChannelAsync(jonas, new NewChannel("one"))).Value.Id;
        await chat.JoinAsync(amara, channel);
        var card = (await messages.PostAsync(amara, channel, new NewMessage(Guid.NewGuid(), "See this") { RunId = run.Id })).Value.Message;
        var plain = (await messages.PostAsync(amara, channel, Guid.NewGuid(), "No fix here")).Value.Message;
        Assert.DoesNotContain(run.Timeline, s => s.Reading.Length > 0 && card.Html.Contains(s.Reading, StringComparison.Ordinal));

        // Neither somebody else in the channel, nor one of another body, nor a token that may not read fixes, nor of what has no run.
        var once = Guid.NewGuid();
        foreach (var (who, of) in new[] { (jonas, card.Id), (hub.Hub.Stranger, card.Id), (amara with { Scopes = new HashSet<string> { "chat:write" } }, card.Id), (amara, plain.Id), (amara, Guid.NewGuid()) })
            Assert.Equal(RefusalKind.NotFound, (await readings.ShareAsync(who, of, once)).Refusal!.Kind);

        var shared = (await readings.ShareAsync(amara, card.Id, once)).Value;
        Assert.Equal((true, card.Id), (shared.New, shared.Message.ThreadId));
        foreach (var step in run.Timeline.Where(s => s.Reading.Length > 0)) Assert.Contains(System.Net.WebUtility.HtmlEncode(step.Reading), shared.Message.Html, StringComparison.Ordinal);
        Assert.Contains("<code>", shared.Message.Html, StringComparison.Ordinal);
        Assert.Equal((false, shared.Message.Id), (await readings.ShareAsync(amara, card.Id, once)).Value is var again ? (again.New, again.Message.Id) : default);
        Assert.Equal([shared.Message.Id], (await messages.ThreadAsync(jonas, card.Id)).Value.Items.Select(m => m.Id));

        // Who has left the channel does not write there.
        await chat.LeaveAsync(amara, channel);
        Assert.NotNull((await readings.ShareAsync(amara, card.Id, Guid.NewGuid())).Refusal);
    }
}
