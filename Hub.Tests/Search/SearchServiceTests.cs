using Hub.Domain;
using Hub.Domain.People;
using Hub.Domain.Search;
using Hub.Domain.ServiceDesk;
using Hub.Tests.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace Hub.Tests.Search;

public sealed class SearchServiceTests
{
    private static Task<TestHub> StartAsync(string provider) => TestHub.StartAsync(provider, s => s.AddSingleton<ISearchSource, EveryArticle>());

    private static async Task<IReadOnlyList<string>> TitlesAsync(TestHub hub, Actor actor, string question, SearchKind? kind = null) =>
        [.. (await hub.Get<SearchService>().FindAsync(actor, question, kind)).Value.Items.Select(h => h.Title)];

    private static async Task PutAsync(TestHub hub, int id, string title, string body)
    {
        await using var db = await hub.Hub.CreateDbContextAsync();
        await hub.Get<SearchIndex>().PutAsync(db, SearchKind.Article, Corpus.IdOf($"S{id:D4}"), title, body);
        await db.SaveChangesAsync();
    }

    [Theory, Databases]
    public async Task A_person_of_another_body_is_never_found_not_even_by_the_exact_name_or_address(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);

        Assert.Equal(["Jonas Berg"], await TitlesAsync(hub, hub.Amara, "jonas berg"));
        foreach (var question in new[] { "Sol Strange", "sol.strange@nbtransport.example", "stra", "Sol Stragne" })
        {
            Assert.DoesNotContain("Sol Strange", await TitlesAsync(hub, hub.Amara, question));
            Assert.DoesNotContain("Sol Strange", (await hub.Get<SearchService>().SuggestAsync(hub.Amara, question)).Select(h => h.Title));
        }

        await hub.Get<DirectoryService>().OpenDirectoryAsync(hub.Transport, hub.Northbridge);
        Assert.Equal(["Sol Strange"], await TitlesAsync(hub, hub.Amara, "Sol Strange", SearchKind.Person));
    }

    [Theory, Databases]
    public async Task People_are_found_by_their_own_part_of_the_address_and_not_all_of_them_by_the_domain(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        Assert.Equal("Jonas Berg", (await TitlesAsync(hub, hub.Amara, "jonas.berg@northbridge.example"))[0]);
        Assert.Equal(["Jonas Berg"], await TitlesAsync(hub, hub.Amara, "jonas.berg"));
        foreach (var question in new[] { "northb", "northbridge", "example" }) Assert.Empty(await TitlesAsync(hub, hub.Amara, question, SearchKind.Person));
    }

    [Theory, Databases]
    public async Task Of_a_word_that_stands_everywhere_not_everything_is_read_but_what_a_rarer_word_finds(string provider)
    {
        var between = new Interference();
        await using var hub = await TestHub.StartAsync(provider, s =>
        {
            s.AddSingleton<ISearchSource, EveryArticle>();
            between.AddTo(s);
        });
        const int all = SearchService.MostOfOne + 30;
        await Corpus.IndexAsync(hub, Enumerable.Range(1, all).Select(i => ($"S{i:D4}", $"Constable {(i > all - 3 ? "lantern" : "")}", $"Note {i}")));
        var search = hub.Get<SearchService>();
        var last = (await search.FindAsync(hub.Amara, "constable", SearchKind.Article, after: $"{SearchService.MostOfOne - 10}", limit: 200)).Value;
        Assert.Equal((10, null), (last.Items.Count, last.Next));
        foreach (var question in new[] { "constable lantern", "lantern constab" })
            Assert.Equal(3, (await search.FindAsync(hub.Amara, question, SearchKind.Article, limit: 3)).Value.Items.Count(h => h.Title == "Constable lantern"));

        // The key of a document begins with its kind.
        between.Forget();
        await search.FindAsync(hub.Amara, "constable lantern note");
        var read = between.Commands.Where(c => c.Contains("\"Body\"", StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(read);
        Assert.All(read, c => Assert.Contains("\"Kind\" = ", c, StringComparison.Ordinal));
    }

    [Theory, Databases]
    public async Task The_words_are_sorted_again_at_most_once_in_two_seconds(string provider)
    {
        await using var hub = await StartAsync(provider);
        var vocabulary = hub.Get<Vocabulary>();
        await using var db = await hub.Hub.CreateDbContextAsync();
        await vocabulary.CurrentAsync(db);
        await PutAsync(hub, 1, "Alder", "");
        var added = await vocabulary.CurrentAsync(db);
        Assert.Contains("alder", added.Documents.Keys);
        await PutAsync(hub, 2, "Birch", "");
        Assert.Same(added, await vocabulary.CurrentAsync(db));
        hub.Clock.Advance(TimeSpan.FromSeconds(3));
        Assert.Contains("birch", (await vocabulary.CurrentAsync(db)).Documents.Keys);
    }

    [Theory, Databases]
    public async Task Who_left_is_not_found_and_finds_nothing(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        await hub.Get<DirectoryService>().LeaveAsync(hub.Jonas.PersonId);

        Assert.Empty(await TitlesAsync(hub, hub.Amara, "Jonas Berg"));
        Assert.Empty(await TitlesAsync(hub, hub.Jonas, "Amara Osei"));
        Assert.Empty(await TitlesAsync(hub, new Actor(Guid.NewGuid()), "Amara Osei"));
    }

    [Theory, Databases]
    public async Task Found_as_typed_begun_misspelt_inflected_and_by_code(string provider)
    {
        await using var hub = await StartAsync(provider);
        await PutAsync(hub, 1, "Mailbox not syncing on a phone", "Error 0x80070005 and 5.7.1 mean that access was denied. See KB4012345.");
        await PutAsync(hub, 2, "Order a café voucher", "Vouchers are for visitors.");

        foreach (var question in new[] { "mailbox", "mailb", "mailbx", "syncs", "synchng phone", "0x80070005", "5.7.1", "KB4012345", "access deni", "phones" })
            Assert.Equal("Mailbox not syncing on a phone", string.Join("|", (await TitlesAsync(hub, hub.Amara, question)).Take(1).DefaultIfEmpty(question)));
        Assert.Equal(["Order a café voucher"], await TitlesAsync(hub, hub.Amara, "CAFE"));
        Assert.Empty(await TitlesAsync(hub, hub.Amara, "zzzzzzzz"));
        Assert.Empty(await TitlesAsync(hub, hub.Amara, " - "));
    }

    [Theory, Databases]
    public async Task What_is_changed_is_found_by_its_new_words_alone_and_what_is_removed_by_none(string provider)
    {
        await using var hub = await StartAsync(provider);
        await PutAsync(hub, 1, "Printers", "Clear the queue of the printer.");
        Assert.Single(await TitlesAsync(hub, hub.Amara, "printer"));

        await PutAsync(hub, 1, "Scanners", "Clear the glass.");
        Assert.Empty(await TitlesAsync(hub, hub.Amara, "printer"));
        Assert.Equal(["Scanners"], await TitlesAsync(hub, hub.Amara, "scann"));

        await using (var db = await hub.Hub.CreateDbContextAsync())
        {
            await hub.Get<SearchIndex>().RemoveAsync(db, SearchKind.Article, Corpus.IdOf("S0001"));
            await db.SaveChangesAsync();
        }
        Assert.Empty(await TitlesAsync(hub, hub.Amara, "scanners glass"));
    }

    [Theory, Databases]
    public async Task Snippets_are_encoded_and_marked_and_pages_join(string provider)
    {
        await using var hub = await StartAsync(provider);
        for (var i = 1; i <= 7; i++) await PutAsync(hub, i, $"Note {i}", "<script>alert(1)</script> the lantern & more");
        var search = hub.Get<SearchService>();

        var first = (await search.FindAsync(hub.Amara, "lantern", limit: 4)).Value;
        var second = (await search.FindAsync(hub.Amara, "lantern", after: first.Next, limit: 4)).Value;
        Assert.Equal(7, first.Items.Concat(second.Items).Select(h => h.Id).Distinct().Count());
        Assert.Null(second.Next);
        Assert.Contains("&lt;script&gt;", first.Items[0].Snippet, StringComparison.Ordinal);
        Assert.Contains("<mark>lantern</mark> &amp; more", first.Items[0].Snippet, StringComparison.Ordinal);
        Assert.Equal(RefusalKind.Invalid, (await search.FindAsync(hub.Amara, "lantern", after: "x")).Refusal!.Kind);
    }

    [Theory, Databases]
    public async Task Services_are_found_by_everybody(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var services = hub.Get<ServiceDirectory>();
        await services.AddServiceAsync("email", "Email and calendar", "Mailboxes for everyone", await services.AddSupplierAsync("Kestrel", "mail"), "Email");
        Assert.Equal(["Email and calendar"], await TitlesAsync(hub, hub.Stranger, "calendar"));
    }

    [SharedDataFact]
    public async Task Both_databases_give_the_same_answers_in_the_same_order()
    {
        await using var embedded = await StartAsync("Sqlite");
        await using var grown = await StartAsync("PostgreSQL");
        var articles = Corpus.Articles().Where((_, i) => i % 10 == 0).ToList();
        await Corpus.IndexAsync(embedded, articles);
        await Corpus.IndexAsync(grown, articles);
        foreach (var q in Corpus.Questions().Where((_, i) => i % 15 == 0).Select(q => q.Text).Append("exchange").Append("a").Append("0x8"))
        {
            var here = (await embedded.Get<SearchService>().FindAsync(embedded.Amara, q, SearchKind.Article)).Value.Items;
            var there = (await grown.Get<SearchService>().FindAsync(grown.Amara, q, SearchKind.Article)).Value.Items;
            Assert.Equal(here.Select(h => (h.Id, h.Snippet)), there.Select(h => (h.Id, h.Snippet)));
        }
    }
}
