using System.Text.Json;
using Hub.Domain.Fixes;
using Hub.Domain.People;
using Hub.Tests.Api;
using Microsoft.Extensions.DependencyInjection;
using static System.Net.HttpStatusCode;

namespace Hub.Tests.Fixes;

/// <summary>/fixes and /runs as API.md has them.</summary>
public sealed class FixApiTests(HubWeb web) : IClassFixture<HubWeb>
{
    private const string Amara = "amara.osei@northbridge.example";
    private const string Jonas = "jonas.berg@northbridge.example";
    private const string Lea = "lea.schmidt@northbridge.example";
    private const string Agent = "ewan.buchanan@northbridge.example";

    [Fact]
    public async Task A_run_has_the_shape_that_programs_rely_on_and_goes_on_by_answers()
    {
        var amara = await web.ProgramAsync(Amara);
        var fixes = (await amara.GetAsync("/fixes", OK)).Items();
        Assert.Contains("cannot-join-wifi", fixes.Select(f => f.Text("slug")));

        var run = await amara.PostAsync("/fixes/cannot-join-wifi/runs", new { }, Created);
        Assert.Equal(("waiting", false), (run.Text("state"), run.GetProperty("verified").GetBoolean()));
        Assert.Equal(("cannot-join-wifi", 1), (run.GetProperty("fix").Text("slug"), run.GetProperty("fix").GetProperty("version").GetInt32()));
        var step = run.GetProperty("step");
        Assert.Equal(("which", "ask", "Which device cannot join?"), (step.Text("id"), step.Text("kind"), step.Text("title")));
        Assert.StartsWith("<p>", step.Text("html"), StringComparison.Ordinal);
        Assert.Equal(["laptop", "phone"], step.GetProperty("choices").EnumerateArray().Select(c => c.Text("value")));
        Assert.Equal(1, run.GetProperty("timeline").GetArrayLength());

        var path = "/runs/" + run.Text("id");
        var next = await amara.PostAsync(path + "/answers", new { stepId = "which", value = "phone" }, OK);
        Assert.Equal("sendPhone", next.GetProperty("step").Text("id"));
        Assert.Equal(next.GetRawText(), (await amara.GetAsync(path, OK)).GetRawText());

        var ended = await amara.PostAsync(path + "/answers", new { stepId = "sendPhone", value = "notNow" }, OK);
        Assert.Equal(("notFixed", JsonValueKind.Null), (ended.Text("state"), ended.GetProperty("step").ValueKind));
        var left = await amara.PostAsync("/fixes/cannot-join-wifi/runs", new { }, Created);
        Assert.Equal("abandoned", (await amara.PostAsync($"/runs/{left.Text("id")}/abandon", new { }, OK)).Text("state"));
    }

    [Fact]
    public async Task A_stale_step_answers_409_with_the_one_that_stands_and_a_wrong_value_422_with_its_field()
    {
        var lea = await web.ProgramAsync(Lea);
        var path = "/runs/" + (await lea.PostAsync("/fixes/mailbox-not-syncing/runs", new { }, Created)).Text("id");
        var stale = await lea.PostAsync(path + "/answers", new { stepId = "account", value = "go" }, Conflict);
        Assert.Equal("send", stale.GetProperty("current").GetProperty("step").Text("id"));
        foreach (var value in new[] { "perhaps", "", null })
        {
            var refused = await lea.PostAsync(path + "/answers", new { stepId = "send", value }, UnprocessableEntity);
            Assert.Equal("value", Assert.Single(refused.GetProperty("errors").EnumerateObject()).Name);
        }
        Assert.Equal("waiting", (await lea.GetAsync(path, OK)).Text("state"));
    }

    [Fact]
    public async Task Others_see_no_run_of_mine_before_it_is_passed_on_and_strangers_nothing()
    {
        var (jonas, amara, agent) = (await web.ProgramAsync(Jonas), await web.ProgramAsync(Amara), await web.ProgramAsync(Agent));
        var path = "/runs/" + (await jonas.PostAsync("/fixes/slow-laptop/runs", new { }, Created)).Text("id");
        foreach (var other in new[] { amara, agent })
        {
            await other.GetAsync(path, NotFound);
            await other.PostAsync(path + "/answers", new { stepId = "restart", value = "go" }, NotFound);
        }
        await jonas.PostAsync(path + "/person", new { text = "It is still slow" }, OK);
        await amara.GetAsync(path, NotFound);
        Assert.Equal("notFixed", (await agent.GetAsync(path, OK)).Text("state"));
        await agent.PostAsync(path + "/answers", new { stepId = "restart", value = "go" }, Forbidden);

        var stranger = web.Stranger();
        await stranger.GetAsync("/fixes", Unauthorized);
        await stranger.GetAsync(path, Unauthorized);
        await stranger.PostAsync("/fixes/slow-laptop/runs", new { }, Unauthorized);
        await amara.PostAsync("/fixes/no-such-fix/runs", new { }, NotFound);
    }

    [Fact]
    public async Task A_fix_of_another_body_is_not_there()
    {
        var author = (await web.Services.GetRequiredService<PeopleService>().ActorByEmailAsync(Amara))!;
        await web.Services.GetRequiredService<RoleService>().GrantAsync(author.PersonId, Role.FixAuthor, ScopeKind.Hub, null);
        const string yaml = """
            slug: only-ours
            title: Only ours
            summary: For one body.
            service: wifi
            minutes: 1
            steps:
              - { id: do, kind: instruct, title: Do it, text: Do it., then: word, failed: no }
              - { id: word, kind: outcome, title: Done, text: Done., result: fixedByWord }
              - { id: no, kind: outcome, title: Not done, text: Not done., result: notFixed }
            """;
        var service = (await web.Services.GetRequiredService<FixService>().ListAsync(author)).Count;
        Assert.True((await web.Services.GetRequiredService<FixCatalogue>().PublishAsync(author, yaml, [await BodyAsync(author)])).Ok);
        var (mine, elsewhere) = (await web.ProgramAsync(Amara), await web.ProgramAsync("gwen.tregarthen@nbtransport.example"));
        Assert.Equal(service + 1, (await mine.GetAsync("/fixes", OK)).Items().Count);
        await mine.GetAsync("/fixes/only-ours", OK);
        Assert.DoesNotContain("only-ours", (await elsewhere.GetAsync("/fixes", OK)).Items().Select(f => f.Text("slug")));
        await elsewhere.GetAsync("/fixes/only-ours", NotFound);
        await elsewhere.PostAsync("/fixes/only-ours/runs", new { }, NotFound);
    }

    private async Task<Guid> BodyAsync(Actor actor)
    {
        await using var db = await web.Services.GetRequiredService<Microsoft.EntityFrameworkCore.IDbContextFactory<Hub.Domain.Storage.HubDb>>().CreateDbContextAsync();
        return db.People.Single(p => p.Id == actor.PersonId).OrganisationId;
    }
}
