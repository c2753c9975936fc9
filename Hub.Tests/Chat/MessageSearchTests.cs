using System.Globalization;
using System.Text.RegularExpressions;
using Hub.Domain;
using Hub.Domain.Chat;
using Hub.Domain.People;
using Hub.Domain.Storage;
using Hub.Tests.Storage;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;

namespace Hub.Tests.Chat;

/// <summary>Search of messages on both databases: what is found, in which order, and by whom not.</summary>
public sealed class MessageSearchTests
{
    private static readonly TimeZoneInfo London = TimeZoneInfo.FindSystemTimeZoneById("Europe/London");

    [Theory, Databases]
    public async Task Words_and_phrases_find_the_newest_first_however_they_are_written(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var channel = await ChannelAsync(hub, "street-team");
        var texts = new[]
        {
            "The mailbox is full", "Is the **Mailbox** full?", "My mailboxes are FULL of café receipts", "Error 0x80070005 on Wi-Fi", "[The plan](https://intra.example/rota)", "don’t panic", "nothing", "mailbox, \"is\" — Full!",
        };
        foreach (var text in texts) await SayAsync(hub, hub.Amara, channel, text);

        Assert.Equal([texts[7], texts[2], texts[1], texts[0]], await FoundAsync(hub, hub.Jonas, "mailbox"));
        Assert.Equal([texts[7], texts[2], texts[1], texts[0]], await FoundAsync(hub, hub.Jonas, "FULL mailboxes"));
        Assert.Equal([texts[7], texts[0]], await FoundAsync(hub, hub.Jonas, "\"mailbox is full\""));
        Assert.Equal([texts[1]], await FoundAsync(hub, hub.Jonas, "mailbox \"is the\""));
        Assert.Equal([texts[2]], await FoundAsync(hub, hub.Jonas, "CAFÉ"));
        Assert.Equal([texts[2]], await FoundAsync(hub, hub.Jonas, "cafe"));
        foreach (var wifi in new[] { "wifi", "Wi-Fi", "wi fi", "0x80070005", "\"on wi-fi\"" }) Assert.Equal([texts[3]], await FoundAsync(hub, hub.Jonas, wifi));
        Assert.Equal([texts[4]], await FoundAsync(hub, hub.Jonas, "rota"));
        Assert.Equal([texts[5]], await FoundAsync(hub, hub.Jonas, "don't"));
        Assert.Empty(await FoundAsync(hub, hub.Jonas, "mailbox nothing"));
        Assert.Empty(await FoundAsync(hub, hub.Jonas, "mailb"));
    }

    [Theory, Databases]
    public async Task Filters_narrow_it_down(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var (messages, kept) = (hub.Get<MessageService>(), hub.Get<KeptMessages>());
        var (street, harbour) = (await ChannelAsync(hub, "street-team"), await ChannelAsync(hub, "Harbour nights"));
        var direct = (await hub.Get<ChatService>().OpenDirectAsync(hub.Amara, hub.Jonas.PersonId)).Value.Conversation.Id;
        var file = await FileAsync(hub, hub.Jonas, street, "lantern.txt");
        var plain = await SayAsync(hub, hub.Amara, street, "lantern plain");
        var linked = await SayAsync(hub, hub.Jonas, street, "lantern https://intra.example");
        var mention = await SayAsync(hub, hub.Amara, street, "lantern @Jonas Berg");
        var filed = (await messages.PostAsync(hub.Jonas, street, new NewMessage(Guid.NewGuid(), "") { FileIds = [file] })).Value.Message;
        var elsewhere = await SayAsync(hub, hub.Amara, harbour, "lantern harbour");
        var between = await SayAsync(hub, hub.Jonas, direct, "lantern between us");
        var reply = (await messages.PostAsync(hub.Jonas, street, new NewMessage(Guid.NewGuid(), "lantern reply") { ThreadId = plain.Id })).Value.Message;

        await AssertAsync("from:me", plain, mention, elsewhere);
        foreach (var jonas in new[] { "from:jonas", "from:\"jonas BERG\"", "from:@jonas.berg", "from:jonas.berg@northbridge.example" }) await AssertAsync(jonas, linked, filed, between, reply);
        await AssertAsync("lantern from:jonas in:street-team", linked, filed, reply);
        foreach (var place in new[] { "in:street-team", "in:#street-team", "in:street", $"in:{street}" }) await AssertAsync(place, plain, linked, mention, filed, reply);
        await AssertAsync("in:\"harbour nights\"", elsewhere);
        await AssertAsync("in:\"Jonas Berg\"", between);
        await AssertAsync("in:@jonas lantern", between);
        await AssertAsync("has:link", linked);
        await AssertAsync("has:file lantern", filed);
        await AssertAsync("is:thread", plain, reply);

        await AssertAsync("has:reaction");
        await hub.Get<ReactionService>().ReactAsync(hub.Jonas, plain.Id, "tada", give: true);
        await kept.PinAsync(hub.Jonas, linked.Id, pin: true);
        await kept.SaveAsync(hub.Amara, mention.Id, save: true);
        await kept.SaveAsync(hub.Amara, between.Id, save: true);
        await kept.SaveAsync(hub.Jonas, plain.Id, save: true);
        await AssertAsync("has:reaction", plain);
        await AssertAsync("is:pinned has:link", linked);
        await AssertAsync("is:saved", mention, between);
        await AssertAsync("is:saved in:street-team lantern", mention);
        await hub.Get<ReactionService>().ReactAsync(hub.Jonas, plain.Id, "tada", give: false);
        await kept.PinAsync(hub.Jonas, linked.Id, pin: false);
        await kept.SaveAsync(hub.Amara, mention.Id, save: false);
        await AssertAsync("has:reaction");
        await AssertAsync("is:pinned");
        await AssertAsync("is:saved", between);

        async Task AssertAsync(string question, params MessageRecord[] expected) =>
            Assert.Equal(expected.Reverse().Select(m => m.Text), await FoundAsync(hub, hub.Amara, question));
    }

    [Theory, Databases]
    public async Task Days_begin_where_the_person_is(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var channel = await ChannelAsync(hub, "days");
        // Around a midnight of summer time: 23:30 on the 1st in London, 00:30 on the 2nd, 23:30 on the 2nd, 00:30 on the 3rd.
        foreach (var (text, at) in new[] { ("first", "2031-07-01T22:30:00Z"), ("second early", "2031-07-01T23:30:00Z"), ("second late", "2031-07-02T22:30:00Z"), ("third", "2031-07-02T23:30:00Z") })
        {
            hub.Clock.Advance(DateTimeOffset.Parse(at, CultureInfo.InvariantCulture) - hub.Clock.GetUtcNow());
            await SayAsync(hub, hub.Amara, channel, $"lantern {text}");
        }

        Assert.Equal(["lantern first"], await FoundAsync(hub, hub.Amara, "lantern before:2031-07-02"));
        Assert.Equal(["lantern third"], await FoundAsync(hub, hub.Amara, "lantern after:2/7/2031"));
        Assert.Equal(["lantern second late", "lantern second early"], await FoundAsync(hub, hub.Amara, "in:days after:2031-07-01 before:2031-07-03"));
        Assert.Equal(["lantern third"], await FoundAsync(hub, hub.Amara, "lantern after:yesterday"));
        Assert.Equal(["lantern second late", "lantern second early", "lantern first"], await FoundAsync(hub, hub.Amara, "lantern before:today"));
        Assert.Empty(await FoundAsync(hub, hub.Amara, "lantern after:2031-07-03"));
        Assert.Equal(["lantern second early", "lantern first"], (await hub.Get<MessageSearch>().FindAsync(hub.Amara, "lantern before:2031-07-02", TimeZoneInfo.Utc)).Value.Items.Select(m => m.Message.Text));
        Assert.Equal(["lantern second late"], await FoundAsync(hub, hub.Amara, "lantern after:2031-07-01 before:2031-07-03", limit: 1));
    }

    [Theory, Databases]
    public async Task Nobody_finds_what_they_do_not_see(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var (chat, messages) = (hub.Get<ChatService>(), hub.Get<MessageService>());
        var outsider = await hub.AddPersonAsync("Mina Kaya", "mina.kaya@northbridge.example");
        var open = await ChannelAsync(hub, "open");
        var closed = (await chat.CreateChannelAsync(hub.Amara, new NewChannel("closed", People: [hub.Jonas.PersonId]))).Value.Id;
        var direct = (await chat.OpenDirectAsync(hub.Amara, hub.Jonas.PersonId)).Value.Conversation.Id;
        await SayAsync(hub, hub.Amara, open, "lantern open");
        var root = await SayAsync(hub, hub.Amara, closed, "lantern closed");
        await messages.PostAsync(hub.Jonas, closed, new NewMessage(Guid.NewGuid(), "lantern in its thread") { ThreadId = root.Id });
        await SayAsync(hub, hub.Amara, direct, "lantern direct");

        Assert.Equal(["lantern direct", "lantern in its thread", "lantern closed", "lantern open"], await FoundAsync(hub, hub.Jonas, "lantern"));
        // One's own body finds what its audience reaches, another body and who never was find nothing.
        Assert.Equal(["lantern open"], await FoundAsync(hub, outsider, "lantern"));
        Assert.Empty(await FoundAsync(hub, hub.Stranger, "lantern"));
        Assert.Empty(await FoundAsync(hub, new Actor(Guid.NewGuid()), "lantern"));
        // What one does not see is not there: by its name, by its id, by its people, and by a cursor that was guessed.
        foreach (var question in new[] { "lantern in:closed", $"lantern in:{closed}", $"in:{direct}", "in:\"Jonas Berg\"" }) Assert.Equal("find.in", await RefusedAsync(hub, outsider, question));
        Assert.Equal(await RefusedAsync(hub, hub.Stranger, "from:\"No Body\""), await RefusedAsync(hub, hub.Stranger, "from:\"Jonas Berg\""));
        Assert.Equal(["lantern open"], (await hub.Get<MessageSearch>().FindAsync(outsider, "lantern from:amara", London)).Value.Items.Select(m => m.Message.Text));
        Assert.Empty((await hub.Get<MessageSearch>().FindAsync(hub.Stranger, "lantern", London, after: Guid.AllBitsSet.ToString())).Value.Items);
        await hub.Get<KeptMessages>().SaveAsync(hub.Jonas, root.Id, save: true);
        Assert.Equal(["lantern closed"], await FoundAsync(hub, hub.Jonas, "is:saved"));

        // Who left finds it no more, not even what they saved or said; an open channel is still found.
        await chat.LeaveAsync(hub.Jonas, closed);
        await chat.LeaveAsync(hub.Jonas, open);
        Assert.Equal(["lantern direct", "lantern open"], await FoundAsync(hub, hub.Jonas, "lantern"));
        Assert.Empty(await FoundAsync(hub, hub.Jonas, "is:saved"));
        Assert.Empty(await FoundAsync(hub, hub.Jonas, "thread from:me"));
        Assert.Equal("find.in", await RefusedAsync(hub, hub.Jonas, "in:closed"));
        // Nobody finds anything once they have left the service; what they wrote is still found by the others.
        await hub.Get<DirectoryService>().LeaveAsync(hub.Jonas.PersonId);
        Assert.Empty(await FoundAsync(hub, hub.Jonas, "lantern"));
        Assert.Equal(["lantern in its thread"], await FoundAsync(hub, hub.Amara, "lantern from:jonas"));
    }

    [Theory, Databases]
    public async Task An_edit_is_found_by_its_new_words_alone_and_a_deletion_by_none(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var messages = hub.Get<MessageService>();
        var channel = await ChannelAsync(hub, "one");
        var message = await SayAsync(hub, hub.Amara, channel, "the lantern is https://intra.example lit");
        await messages.EditAsync(hub.Amara, message.Id, "the torch is lit", 1);
        Assert.Empty(await FoundAsync(hub, hub.Amara, "lantern"));
        Assert.Empty(await FoundAsync(hub, hub.Amara, "has:link"));
        Assert.Equal(["the torch is lit"], await FoundAsync(hub, hub.Amara, "torch lit"));
        Assert.Equal(["the torch is lit"], await FoundAsync(hub, hub.Amara, "\"torch is\" from:me"));
        await messages.DeleteAsync(hub.Amara, message.Id, 2);
        foreach (var question in new[] { "torch", "lantern", "lit", "from:me", "in:one" }) Assert.Empty(await FoundAsync(hub, hub.Amara, question));
        await using var db = await hub.Hub.CreateDbContextAsync();
        Assert.Empty(await db.MessageTerms.ToListAsync());

        // Whoever is refused leaves the index as it is.
        var other = await SayAsync(hub, hub.Amara, channel, "lantern");
        Assert.Equal(RefusalKind.Forbidden, (await messages.EditAsync(hub.Jonas, other.Id, "torch", 1)).Refusal!.Kind);
        Assert.Equal(RefusalKind.Stale, (await messages.EditAsync(hub.Amara, other.Id, "torch", 9)).Refusal!.Kind);
        Assert.Equal(["lantern"], await FoundAsync(hub, hub.Jonas, "lantern"));
        Assert.Empty(await FoundAsync(hub, hub.Jonas, "torch"));
    }

    [Theory, Databases]
    public async Task Pages_join_without_a_gap_or_a_repeat(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var search = hub.Get<MessageSearch>();
        var channel = await ChannelAsync(hub, "one");
        // Many at once share a moment: their order is that of the conversation.
        await Task.WhenAll(Enumerable.Range(0, 25).Select(i => Task.Run(() => SayAsync(hub, i % 2 == 0 ? hub.Amara : hub.Jonas, channel, $"lantern {i}"))));
        var inOrder = (await hub.Get<MessageService>().PageAsync(hub.Amara, channel, limit: 200)).Value.Items.Reverse().Select(m => m.Id).ToList();
        var found = new List<Guid>();
        string? next = null;
        do
        {
            var page = (await (found.Count % 20 == 0 ? search : ByTheRarest(hub)).FindAsync(hub.Jonas, "lantern", London, next, limit: 10)).Value;
            Assert.InRange(page.Items.Count, 1, 10);
            found.AddRange(page.Items.Select(m => m.Message.Id));
            next = page.Next;
            // What comes meanwhile is newer: it moves nothing.
            await SayAsync(hub, hub.Amara, channel, "lantern too late");
        }
        while (next is not null);
        Assert.Equal(inOrder, found);

        Assert.Equal("chat.cursor", (await search.FindAsync(hub.Jonas, "lantern", London, after: "x")).Refusal!.Code);
        Assert.Equal(28, (await search.FindAsync(hub.Jonas, "lantern", London, limit: 900)).Value.Items.Count);
        Assert.Single((await search.FindAsync(hub.Jonas, "lantern", London, limit: 0)).Value.Items);
    }

    [Theory, Databases]
    public async Task Hits_say_where_they_are_and_mark_what_was_asked(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var channel = await ChannelAsync(hub, "one");
        var direct = (await hub.Get<ChatService>().OpenDirectAsync(hub.Amara, hub.Jonas.PersonId)).Value.Conversation.Id;
        await SayAsync(hub, hub.Amara, channel, "<script>alert(1)</script> the **lantern** & more");
        await SayAsync(hub, hub.Jonas, direct, "[light](https://intra.example/lantern)");
        var file = await FileAsync(hub, hub.Amara, channel, "lantern plan.txt");
        await hub.Get<MessageService>().PostAsync(hub.Amara, channel, new NewMessage(Guid.NewGuid(), "see") { FileIds = [file] });

        var hits = (await hub.Get<MessageSearch>().FindAsync(hub.Amara, "lantern", London)).Value.Items;
        Assert.Equal(["one", "Jonas Berg", "one"], hits.Select(h => h.Conversation));
        Assert.Equal("see &#183; <mark>lantern</mark> plan.txt", hits[0].Snippet);
        Assert.Contains("<mark>lantern</mark>", hits[1].Snippet, StringComparison.Ordinal);
        Assert.Contains("the <mark>lantern</mark> &amp; more", hits[2].Snippet, StringComparison.Ordinal);
        Assert.DoesNotContain("<script", hits[2].Snippet, StringComparison.Ordinal);
        Assert.Equal("Amara Osei", (await hub.Get<MessageSearch>().FindAsync(hub.Jonas, "light", London)).Value.Items.Single().Conversation);
    }

    [Theory, Databases]
    public async Task A_name_that_may_be_several_is_asked_back_and_one_that_is_shared_means_all(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var (sam, other, smythe) = (await hub.AddPersonAsync("Sam Smith", "sam.smith@northbridge.example"), await hub.AddPersonAsync("Sam Smith", "sam.smith2@northbridge.example"), await hub.AddPersonAsync("Sam Smythe", "sam.smythe@northbridge.example"));
        var (one, two) = (await ChannelAsync(hub, "Harbour nights"), await ChannelAsync(hub, "Harbour days"));
        foreach (var (who, i) in new[] { sam, other, smythe }.Select((w, i) => (w, i)))
        {
            await hub.Get<ChatService>().JoinAsync(who, one);
            await SayAsync(hub, who, one, $"lantern {i}");
        }
        await SayAsync(hub, hub.Amara, two, "lantern 3");

        Assert.Equal("find.from.several", await RefusedAsync(hub, hub.Amara, "from:sam"));
        var several = (await hub.Get<MessageSearch>().FindAsync(hub.Amara, "from:sam", London)).Refusal!;
        Assert.Equal(["sam", "Sam Smith (sam.smith2@northbridge.example), Sam Smith (sam.smith@northbridge.example), Sam Smythe (sam.smythe@northbridge.example)"], several.Args);
        Assert.Equal(["lantern 1", "lantern 0"], await FoundAsync(hub, hub.Amara, "from:\"Sam Smith\""));
        Assert.Equal(["lantern 1"], await FoundAsync(hub, hub.Amara, "from:sam.smith2"));
        Assert.Equal(["lantern 2"], await FoundAsync(hub, hub.Amara, "from:smythe"));
        Assert.Equal("find.in.several", await RefusedAsync(hub, hub.Amara, "in:harbour"));
        Assert.Equal(["lantern 3"], await FoundAsync(hub, hub.Amara, "in:\"harbour DAYS\""));
        await ChannelAsync(hub, "Harbour days");
        Assert.Equal(["lantern 3"], await FoundAsync(hub, hub.Amara, "in:\"harbour days\""));
        Assert.Equal("find.from", await RefusedAsync(hub, hub.Amara, "from:\"Sol Strange\""));

        // Somebody of another body who is in a conversation that one sees is known by what they say there.
        var shared = (await hub.Get<ChatService>().CreateChannelAsync(hub.Stranger, new NewChannel("shared", Audience: [ChannelAudience.OwnBody]))).Value.Id;
        await using (var db = await hub.Hub.CreateDbContextAsync())
        {
            db.ConversationMembers.Add(new ConversationMember { ConversationId = shared, PersonId = hub.Amara.PersonId });
            await db.SaveChangesAsync();
        }
        await SayAsync(hub, hub.Stranger, shared, "lantern afar");
        Assert.Equal(["lantern afar"], await FoundAsync(hub, hub.Amara, "from:\"sol strange\""));
        Assert.Equal("find.from", await RefusedAsync(hub, hub.Jonas, "from:\"sol strange\""));
    }

    [Theory, Databases]
    public async Task A_rare_phrase_of_common_words_is_looked_for_page_by_page(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var channel = await ChannelAsync(hub, "one");
        await SayAsync(hub, hub.Amara, channel, "is lantern lit");
        await using (var db = await hub.Hub.CreateDbContextAsync())
        {
            var first = await db.Messages.AsNoTracking().SingleAsync();
            for (var i = 1; i <= MessageSearch.MostRead + 50; i++)
            {
                db.Messages.Add(new Message
                {
                    Id = Moment.NewId(first.PostedAt.AddSeconds(i), 0), ConversationId = channel, Sequence = first.Sequence + i, SenderId = hub.Amara.PersonId, ClientMessageId = Guid.NewGuid(),
                    Text = "lantern is lit", Html = "<p>lantern is lit</p>", PostedAt = first.PostedAt.AddSeconds(i), Version = 1, Indexed = -1,
                });
            }
            await db.SaveChangesAsync();
            Assert.Single(await FoundAsync(hub, hub.Amara, "lantern"));
        }
        await IndexAsync(hub);

        Assert.Equal(MessageSearch.MostRead + 51, await CountAsync());
        var page = (await hub.Get<MessageSearch>().FindAsync(hub.Amara, "\"is lantern\"", London)).Value;
        Assert.Equal((0, true), (page.Items.Count, page.Next is not null));
        page = (await hub.Get<MessageSearch>().FindAsync(hub.Amara, "\"is lantern\"", London, page.Next)).Value;
        Assert.Equal(("is lantern lit", null), (Assert.Single(page.Items).Message.Text, page.Next));

        async Task<int> CountAsync()
        {
            await using var db = await hub.Hub.CreateDbContextAsync();
            Assert.False(await db.Messages.AnyAsync(m => m.Indexed != m.Revision));
            return await db.MessageTerms.CountAsync(t => t.Term == "lantern");
        }
    }

    [Theory, Databases]
    public async Task What_a_program_without_the_index_wrote_is_found_once_the_work_has_come_by(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var messages = hub.Get<MessageService>();
        var channel = await ChannelAsync(hub, "one");
        var (old, edited, root) = (await SayAsync(hub, hub.Amara, channel, "old lantern"), await SayAsync(hub, hub.Amara, channel, "new lantern"), await SayAsync(hub, hub.Amara, channel, "root"));
        await using (var db = await hub.Hub.CreateDbContextAsync())
        {
            // From before there was an index; and changed by a node of the release before.
            await db.MessageTerms.Where(t => t.MessageId == old.Id || t.MessageId == root.Id).ExecuteDeleteAsync();
            await db.Messages.Where(m => m.Id == old.Id || m.Id == root.Id).ExecuteUpdateAsync(s => s.SetProperty(m => m.Indexed, -1));
            await db.Messages.Where(m => m.Id == edited.Id).ExecuteUpdateAsync(s => s.SetProperty(m => m.Text, "new torch").SetProperty(m => m.Version, 2).SetProperty(m => m.Revision, 1));
        }
        Assert.Empty(await FoundAsync(hub, hub.Amara, "lantern"));
        Assert.Empty(await FoundAsync(hub, hub.Amara, "torch"));
        // A change of a message that is not known yet makes it known whole; a reply under it leaves it for the work.
        await messages.EditAsync(hub.Amara, old.Id, "old lantern, lit", 1);
        await messages.PostAsync(hub.Jonas, channel, new NewMessage(Guid.NewGuid(), "reply") { ThreadId = root.Id });
        Assert.Equal(["old lantern, lit"], await FoundAsync(hub, hub.Amara, "old lantern"));
        Assert.Empty(await FoundAsync(hub, hub.Amara, "root"));

        await IndexAsync(hub);
        Assert.Equal(["new torch"], await FoundAsync(hub, hub.Amara, "torch"));
        Assert.Equal(["old lantern, lit"], await FoundAsync(hub, hub.Amara, "lantern"));
        Assert.Equal(["root"], await FoundAsync(hub, hub.Amara, "root is:thread"));
    }

    [Fact]
    public async Task The_newest_are_read_from_the_end_of_the_key_and_nothing_is_sorted()
    {
        var between = new Interference();
        await using var hub = await TestHub.StartAsync("Sqlite", between.AddTo);
        await SayAsync(hub, hub.Amara, await ChannelAsync(hub, "one"), "lantern lit");
        between.Forget();
        await ByTheRarest(hub).FindAsync(hub.Amara, "lantern lit has:link after:2026-01-01", London);
        await using var db = await hub.Hub.CreateDbContextAsync();
        await db.Database.OpenConnectionAsync();
        await using var command = db.Database.GetDbConnection().CreateCommand();
        command.CommandText = "EXPLAIN QUERY PLAN " + between.Commands.Single(c => c.Contains("\"MessageTerms\"", StringComparison.Ordinal) && c.Contains("EXISTS", StringComparison.Ordinal) && c.Contains("ORDER BY", StringComparison.Ordinal));
        foreach (var name in Regex.Matches(command.CommandText, @"@\w+").Select(m => m.Value).Distinct()) ((SqliteCommand)command).Parameters.AddWithValue(name, "");
        var plan = new List<string>();
        await using (var reader = await command.ExecuteReaderAsync())
            while (await reader.ReadAsync()) plan.Add(reader.GetString(3));
        Assert.Equal(3, plan.Count(l => l.Contains("INDEX sqlite_autoindex_MessageTerms_1 (Term=?", StringComparison.Ordinal)));
        Assert.DoesNotContain(plan, l => l.Contains("TEMP B-TREE", StringComparison.Ordinal));
    }

    [Theory, Databases]
    public async Task Of_what_was_found_only_what_one_still_sees_stands(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var (messages, moderation, search) = (hub.Get<MessageService>(), hub.Get<ModerationService>(), hub.Get<MessageSearch>());
        var ruth = await hub.AddPersonAsync("Ruth", "ruth@northbridge.example");
        await hub.Get<RoleService>().GrantAsync(ruth.PersonId, Role.Compliance, ScopeKind.Organisation, hub.Northbridge);
        await hub.Get<RetentionService>().SetAsync(ruth, hub.Northbridge, RetentionKind.Private, 10, 0);
        var channel = (await hub.Get<ChatService>().CreateChannelAsync(hub.Amara, new NewChannel("closed", People: [hub.Jonas.PersonId]))).Value.Id;
        var removed = (await SayAsync(hub, hub.Jonas, channel, "lantern old")).Id;
        hub.Clock.Advance(TimeSpan.FromDays(11));
        var (kept, hidden, deleted) = ((await SayAsync(hub, hub.Jonas, channel, "lantern kept")).Id, (await SayAsync(hub, hub.Jonas, channel, "lantern hidden")).Id, (await SayAsync(hub, hub.Jonas, channel, "lantern deleted")).Id);
        IReadOnlyList<Guid> found = [removed, kept, hidden, deleted];
        await StandAsync(hub.Jonas, found);

        await messages.DeleteAsync(hub.Jonas, deleted, 1);
        await moderation.HideAsync(hub.Amara, hidden, "why");
        await StandAsync(hub.Jonas, removed, kept);
        await moderation.ShowAsync(hub.Amara, hidden);
        await hub.Get<DueWorker>().PlanAsync();
        hub.Clock.Advance(TimeSpan.FromHours(1));
        await hub.Get<DueWorker>().WorkAsync("chat.retention");
        await StandAsync(hub.Jonas, kept, hidden);
        // An edit takes nothing back; who is no longer in, or never was, learns nothing of an id.
        await messages.EditAsync(hub.Jonas, kept, "lantern changed", 1);
        await StandAsync(hub.Jonas, kept, hidden);
        await hub.Get<ChatService>().LeaveAsync(hub.Jonas, channel);
        foreach (var who in new[] { hub.Jonas, hub.Stranger, ruth, new Actor(Guid.NewGuid()) }) await StandAsync(who);

        async Task StandAsync(Actor who, params IEnumerable<Guid> expected) => Assert.Equal(expected.Order(), (await search.StandingAsync(who, found)).Order());
    }

    private static async Task<Guid> ChannelAsync(TestHub hub, string name)
    {
        var chat = hub.Get<ChatService>();
        var id = (await chat.CreateChannelAsync(hub.Amara, new NewChannel(name))).Value.Id;
        await chat.JoinAsync(hub.Jonas, id);
        return id;
    }

    private static async Task<MessageRecord> SayAsync(TestHub hub, Actor who, Guid conversation, string text) =>
        (await hub.Get<MessageService>().PostAsync(who, conversation, Guid.NewGuid(), text)).Value.Message;

    private static async Task<Guid> FileAsync(TestHub hub, Actor who, Guid conversation, string name) =>
        (await hub.Get<FileService>().UploadAsync(who, conversation, name, new MemoryStream("light"u8.ToArray()))).Value.Id;

    // Both ways through the index: from all that one sees, as here, where it is little, and from the rarest word.
    private static async Task<IReadOnlyList<string>> FoundAsync(TestHub hub, Actor who, string question, int limit = 50)
    {
        var found = (await hub.Get<MessageSearch>().FindAsync(who, question, London, limit: limit)).Value.Items;
        Assert.Equal(found.Select(m => m.Message.Id), (await ByTheRarest(hub).FindAsync(who, question, London, limit: limit)).Value.Items.Select(m => m.Message.Id));
        return [.. found.Select(m => m.Message.Text)];
    }

    private static MessageSearch ByTheRarest(TestHub hub) => new(hub.Hub, hub.Clock, hub.Get<Telemetry>()) { FewMessages = 0 };

    private static async Task<string> RefusedAsync(TestHub hub, Actor who, string question) => (await hub.Get<MessageSearch>().FindAsync(who, question, London)).Refusal!.Code;

    private static async Task IndexAsync(TestHub hub)
    {
        var work = hub.Get<DueWorker>();
        await work.PlanAsync();
        await work.WorkAsync("chat.index");
    }
}
