using Hub.Domain;
using Hub.Domain.Fixes;
using Hub.Domain.People;
using Hub.Domain.ServiceDesk;
using Hub.Tests.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Tests.Fixes;

public sealed class FixDocumentTests
{
    private const string Head = "slug: x\ntitle: X\nsummary: S\nservice: email\nsteps:\n";
    private const string End = "  - { id: end, kind: outcome, title: E, result: notFixed }\n";

    [Fact]
    public async Task Every_built_in_fix_is_sound()
    {
        var documents = await FixCatalogue.BuiltInAsync();
        Assert.Equal(5, documents.Count);
        Assert.All(documents, d => Assert.Empty(FixDocument.Check(d)));
    }

    [Theory]
    [InlineData("  - { id: a, kind: instruct, title: A, then: nowhere, failed: end }\n" + End, "unknownStep", "a", "nowhere")]
    [InlineData("  - { id: a, kind: instruct, title: A, then: end, failed: end }\n  - { id: b, kind: instruct, title: B, then: end, failed: end }\n" + End, "unreachable", "b", "b")]
    [InlineData("  - { id: a, kind: instruct, title: A, then: end }\n" + End, "missingBranch", "a", "failed")]
    [InlineData("  - { id: a, kind: check, title: A, read: [user], failed: end, branches: [{ value: user.id, missing: true, say: S, then: end }] }\n" + End, "missingBranch", "a", "branches")]
    [InlineData("  - { id: a, kind: check, title: A, read: [toaster], failed: end, branches: [{ say: S, then: end }] }\n" + End, "unknownResource", "a", "toaster")]
    [InlineData("  - { id: a, kind: check, title: A, read: [user], failed: end, branches: [{ say: S, then: a }] }\n" + End, "endless", "a", "a")]
    [InlineData("  - { id: a, kind: action, title: A, do: wipe, on: phone, doneBy: D, ifItFails: F, then: end, notNow: end, failed: end }\n" + End, "unknownAction", "a", "wipe")]
    [InlineData("  - { id: a, kind: instruct, title: A, then: end, failed: end }\n  - { id: end, kind: outcome, title: E, result: fixed }\n", "unproved", "a", "end")]
    [InlineData("  - { id: a, colour: red }\n", "yaml", "", "")]
    [InlineData("  - { id: a123456789b123456789c123456789d123456789e123456789f123456789g123456789h123456789i, kind: outcome, title: A, result: notFixed }\n", "tooLong", "", "steps[0].id")]
    [InlineData("  - { id: \"a\\0\", kind: outcome, title: A, result: notFixed }\n", "nul", "", "")]
    [InlineData("  - { id: a, kind: ask, title: A, choices: [{ value: x, label: X, then: end }, { value: y, label: \"Y\\0\", then: end }] }\n" + End, "nul", "", "")]
    [InlineData("  - { id: a, kind: instruct, title: A, text: \"\0\", then: end, failed: end }\n" + End, "nul", "", "")]
    public void What_is_wrong_is_named_with_its_place(string steps, string code, string where, string what)
    {
        var error = FixDocument.Check(Head + steps)[0];
        Assert.Equal(code, error.Code);
        if (where.Length + what.Length > 0) Assert.Equal((where, what), (error.Where, error.What));
    }

    [Theory, Databases]
    public async Task Only_an_author_publishes_and_the_same_document_is_the_same_version(string provider)
    {
        await using var hub = await FixHub.StartAsync(provider);
        var catalogue = hub.Hub.Get<FixCatalogue>();
        var yaml = Head + "  - { id: a, kind: instruct, title: A, then: end, failed: end }\n" + End;
        Assert.Equal(RefusalKind.Forbidden, (await catalogue.PublishAsync(hub.Hub.Amara, yaml, [hub.Hub.Northbridge])).Refusal!.Kind);
        Assert.Equal("fix.unreachable", (await catalogue.PublishAsync(hub.Hub.Jonas, yaml + "  - { id: z, kind: outcome, title: Z, result: notFixed }\n", [])).Refusal!.Code);
        Assert.Equal(1, (await catalogue.PublishAsync(hub.Hub.Jonas, yaml, [hub.Hub.Northbridge])).Value);
        Assert.Equal(1, (await catalogue.PublishAsync(hub.Hub.Jonas, yaml, [hub.Hub.Northbridge])).Value);
        var run = (await hub.Runs.StartAsync(hub.Hub.Amara, "x")).Value;
        Assert.Equal(2, (await catalogue.PublishAsync(hub.Hub.Jonas, yaml.Replace("title: A", "title: B", StringComparison.Ordinal), [hub.Hub.Northbridge])).Value);
        Assert.Equal((1, "A"), ((await hub.Runs.GetAsync(hub.Hub.Amara, run.Id)).Value is var old ? (old.Fix.Version, old.Step!.Title) : default));
        Assert.Equal(6, (await hub.Fixes.ListAsync(hub.Hub.Amara)).Count);
        Assert.Empty(await hub.Fixes.ListAsync(hub.Hub.Stranger));
    }

    [Theory, Databases]
    public async Task An_author_of_a_category_or_supplier_publishes_what_is_theirs_and_takes_over_nothing(string provider)
    {
        await using var hub = await FixHub.StartAsync(provider);
        var (catalogue, test) = (hub.Hub.Get<FixCatalogue>(), hub.Hub);
        var (roles, services) = (test.Get<RoleService>(), test.Get<ServiceDirectory>());
        await services.AddServiceAsync("radio", "Radio", "", await services.AddSupplierAsync("Kestrel", ""), "Radio");
        var mail = await test.AddPersonAsync("Mo Mail", "mo.mail@northbridge.example");
        await roles.GrantAsync(mail.PersonId, Role.FixAuthor, ScopeKind.Category, await services.CategoryAsync("email"));
        var halden = await test.AddPersonAsync("Hal Halden", "hal@northbridge.example");
        await roles.GrantAsync(halden.PersonId, Role.FixAuthor, ScopeKind.Supplier, hub.Supplier);
        var elsewhere = await test.AddPersonAsync("Eli Other", "eli.other@nbtransport.example", test.Transport);
        await roles.GrantAsync(elsewhere.PersonId, Role.FixAuthor, ScopeKind.Category, await services.CategoryAsync("email"));
        await roles.GrantAsync(elsewhere.PersonId, Role.FixAuthor, ScopeKind.Organisation, test.Transport);

        Assert.Equal(1, (await catalogue.PublishAsync(mail, Document("mail-one", "email"), [test.Northbridge])).Value);
        Assert.Equal(1, (await catalogue.PublishAsync(halden, Document("wifi-one", "wifi"), [test.Northbridge])).Value);
        Assert.Equal(2, (await catalogue.PublishAsync(halden, Document("mail-one", "email", "B"), [test.Northbridge])).Value);
        Assert.Equal(1, (await catalogue.PublishAsync(test.Jonas, Document("radio-one", "radio"), [test.Northbridge])).Value);
        Assert.Equal(1, (await catalogue.PublishAsync(elsewhere, Document("theirs", "email"), [test.Transport])).Value);
        foreach (var (who, document) in new[]
        {
            (mail, Document("x", "wifi")), (halden, Document("x", "radio")),
            // Not even by moving another's fix to one's own category.
            (mail, Document("wifi-one", "email")), (halden, Document("radio-one", "wifi")),
            (elsewhere, Document("mail-one", "email")), (mail, Document("theirs", "email")), (test.Amara, Document("x", "email")),
        })
            Assert.Equal(RefusalKind.Forbidden, (await catalogue.PublishAsync(who, document, [test.Northbridge])).Refusal?.Kind);
        Assert.Equal("fix.unknownService", (await catalogue.PublishAsync(mail, Document("x", "gone"), [])).Refusal!.Code);
        Assert.Equal("fix.tooLong", (await catalogue.PublishAsync(mail, Document(new string('x', 81), "email"), [])).Refusal!.Code);
        Assert.Equal("fix.nul", (await catalogue.PublishAsync(mail, Document("\"x\\0\"", "email"), [])).Refusal!.Code);
        Assert.True((await catalogue.PublishAsync(mail, Document(new string('x', 80), "email"), [])).Ok);
    }

    // On SQLite nobody writes between the two.
    [Fact]
    public async Task A_publication_leaves_the_name_that_its_service_was_given_meanwhile()
    {
        var between = new Interference();
        await using var hub = await FixHub.StartAsync("PostgreSQL", between.AddTo);
        between.Once(sql => sql.Contains("UPDATE \"Services\"", StringComparison.Ordinal), async () =>
        {
            await using var db = await hub.Hub.Hub.CreateDbContextAsync();
            await db.Services.Where(s => s.Slug == "email").ExecuteUpdateAsync(s => s.SetProperty(x => x.Name, "Mail and calendar"));
        });
        Assert.True((await hub.Hub.Get<FixCatalogue>().PublishAsync(hub.Hub.Jonas, Document("x", "email"), [])).Ok);
        await using var after = await hub.Hub.Hub.CreateDbContextAsync();
        Assert.Equal("Mail and calendar", await after.Services.Where(s => s.Slug == "email").Select(s => s.Name).SingleAsync());
    }

    [Theory, Databases]
    public async Task Those_who_publish_at_the_same_time_get_numbers_one_after_the_other(string provider)
    {
        await using var hub = await FixHub.StartAsync(provider);
        var catalogue = hub.Hub.Get<FixCatalogue>();
        var first = await Task.WhenAll(Enumerable.Range(0, 5).Select(i => Task.Run(() => catalogue.PublishAsync(hub.Hub.Jonas, Document("x", "email", $"A{i}"), [hub.Hub.Northbridge]))));
        Assert.All(first, f => Assert.True(f.Ok || f.Refusal!.Kind == RefusalKind.Conflict));
        Assert.Contains(first, f => f.Ok);
        var stood = first.Max(f => f.Ok ? f.Value : 0);
        var next = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(() => catalogue.PublishAsync(hub.Hub.Jonas, Document("x", "email", $"B{i}"), [hub.Hub.Northbridge]))));
        Assert.Equal(Enumerable.Range(stood + 1, 8), next.Select(n => n.Value).Order());
    }

    private static string Document(string slug, string service, string title = "A") =>
        $"slug: {slug}\ntitle: X\nsummary: S\nservice: {service}\nsteps:\n  - {{ id: a, kind: instruct, title: {title}, then: end, failed: end }}\n" + End;
}
