using Hub.Domain;
using Hub.Domain.Chat;
using Hub.Domain.Fixes;
using Hub.Domain.Knowledge;
using Hub.Domain.Meetings;
using Hub.Domain.People;
using Hub.Domain.Search;
using Hub.Tests.Storage;
using Microsoft.Extensions.DependencyInjection;
using static System.Net.HttpStatusCode;

namespace Hub.Tests.Api;

/// <summary>Who is of another body sees nothing unless the audience says so: by each room's service, by guessed id over HTTP, and by search.</summary>
public sealed class OtherBodyTests
{
    private const string Amara = "amara.osei@northbridge.example";
    private const string Jonas = "jonas.berg@northbridge.example";
    private const string OtherBody = "zed.farrow@far.example";

    [Theory, Databases]
    public async Task Another_body_finds_nothing_until_the_audience_says_so(string provider)
    {
        await using var web = await HubWeb.OnAsync(provider);
        T Get<T>() where T : notnull => web.Services.GetRequiredService<T>();
        var (people, chat, messages, knowledge) = (Get<PeopleService>(), Get<ChatService>(), Get<MessageService>(), Get<KnowledgeService>());
        var far = await Get<DirectoryService>().AddOrganisationAsync("Far Body", "far.example");
        await Get<DirectoryService>().AddPersonAsync(new NewPerson(far, "Zed Farrow", OtherBody, "Constable"));
        var (amara, jonas, other) = ((await people.ActorByEmailAsync(Amara))!, (await people.ActorByEmailAsync(Jonas))!, (await people.ActorByEmailAsync(OtherBody))!);
        var manager = (await Get<ArticleImport>().ManagerAsync("northbridge.example"))!;

        var channel = (await chat.CreateChannelAsync(amara, new NewChannel("Axolotl watch"))).Value.Id;
        var direct = (await chat.OpenDirectAsync(amara, jonas.PersonId)).Value.Conversation.Id;
        var message = (await messages.PostAsync(amara, channel, Guid.NewGuid(), "axolotl spotted")).Value.Message.Id;
        var draft = (await knowledge.CreateAsync(amara, new NewArticle("Axolotl draft", "axolotl"))).Value.Id;
        var article = (await knowledge.CreateAsync(amara, new NewArticle("Axolotl care", "axolotl"))).Value.Id;
        Assert.True((await knowledge.PublishAsync(manager, article)).Ok);
        var meeting = (await Get<MeetingService>().BookAsync(amara, new MeetingDraft("Axolotl meeting", "2031-06-02T09:30:00", "2031-06-02T10:00:00", "Europe/London", [Jonas]))).Value.Id;
        var fix = (await Get<FixService>().ListAsync(amara))[0];
        var run = (await Get<RunService>().StartAsync(amara, fix.Slug)).Value.Id;

        var refusals = new Refusal?[]
        {
            (await people.GetAsync(other, amara.PersonId)).Refusal, (await Get<PresenceService>().GetAsync(other, amara.PersonId)).Refusal,
            (await chat.GetAsync(other, channel)).Refusal, (await chat.GetAsync(other, direct)).Refusal, (await chat.JoinAsync(other, channel)).Refusal,
            (await chat.LeaveAsync(other, channel)).Refusal, (await chat.ReadAsync(other, channel, 1)).Refusal,
            (await messages.PostAsync(other, channel, Guid.NewGuid(), "x")).Refusal, (await messages.PostAsync(other, direct, Guid.NewGuid(), "x")).Refusal,
            (await messages.PageAsync(other, channel)).Refusal, (await messages.EditAsync(other, message, "x", 1)).Refusal, (await messages.DeleteAsync(other, message, 1)).Refusal,
            (await Get<HookService>().ListAsync(other, channel)).Refusal, (await Get<HookService>().CreateAsync(other, channel, new NewHook(HookKind.Incoming, "x"))).Refusal,
            (await knowledge.GetAsync(other, article)).Refusal, (await knowledge.GetAsync(other, draft)).Refusal, (await knowledge.SaveAsync(other, article, new ArticleEdit("x", "x", 1))).Refusal,
            (await knowledge.PublishAsync(other, draft)).Refusal, (await knowledge.SetAudienceAsync(other, article, [AudienceEntry.Body(Guid.NewGuid())])).Refusal,
            (await Get<FeedbackService>().GiveAsync(other, article, true, null)).Refusal, (await Get<ArticleList>().VersionsAsync(other, article)).Refusal,
            (await Get<ArticleList>().VersionAsync(other, article, 1)).Refusal, (await Get<ArticleList>().CompareAsync(other, article, 1)).Refusal,
            (await Get<MeetingService>().GetAsync(other, meeting)).Refusal, (await Get<MeetingCalendar>().ExportAsync(other, meeting)).Refusal,
            (await Get<MeetingService>().RespondAsync(other, meeting, AttendeeStatus.Accepted)).Refusal, (await Get<MeetingService>().CancelAsync(other, meeting)).Refusal,
            (await Get<RunService>().GetAsync(other, run)).Refusal, (await Get<RunService>().AnswerAsync(other, run, "x", "x")).Refusal,
            (await Get<RunService>().AbandonAsync(other, run)).Refusal, (await Get<RunService>().HandOverAsync(other, run, "x")).Refusal,
        };
        Assert.All(refusals.Index(), r => Assert.True(r.Item?.Kind == RefusalKind.NotFound, $"refusal {r.Index}: {r.Item?.Kind} {r.Item?.Code}"));

        // Who cannot be seen is refused as somebody who does not exist.
        Assert.Equal((await chat.OpenDirectAsync(other, Guid.NewGuid())).Refusal!.Code, (await chat.OpenDirectAsync(other, amara.PersonId)).Refusal!.Code);

        using var program = await web.ProgramAsync(OtherBody);
        using var owner = await web.ProgramAsync(Amara);
        foreach (var path in new[]
        {
            $"/people/{amara.PersonId}", $"/people/{amara.PersonId}/presence", $"/conversations/{channel}", $"/conversations/{direct}", $"/conversations/{channel}/messages", $"/articles/{article}", $"/articles/{draft}",
            $"/articles/{article}/versions", $"/articles/{article}/versions/1", $"/articles/{article}/versions/1/changes", $"/meetings/{meeting}", $"/meetings/{meeting}.ics", $"/runs/{run}",
        })
        {
            await owner.GetAsync(path, OK);
            await program.GetAsync(path, NotFound);
        }
        foreach (var list in new[] { "/people?q=amara", "/conversations?joined=false&limit=200", "/articles?limit=200", "/articles?drafts=true", "/meetings?from=2031-06-01T00:00:00Z&to=2031-06-30T00:00:00Z" })
            Assert.DoesNotContain((await program.GetAsync(list, OK)).Items(), i => i.GetRawText().Contains("xolotl", StringComparison.Ordinal) || i.GetRawText().Contains(Amara, StringComparison.Ordinal));

        Assert.Equal(["Axolotl care", "Axolotl meeting", "Axolotl watch"], await FoundAsync(amara, "axolotl"));
        Assert.Empty(await FoundAsync(other, "axolotl"));
        Assert.DoesNotContain("Amara Osei", await FoundAsync(other, "Amara Osei"));

        // The audience says so: the article alone is there, and goes again.
        var bodies = await Get<ArticleList>().BodiesAsync(manager);
        Assert.True((await knowledge.SetAudienceAsync(manager, article, [AudienceEntry.Body(bodies[0].Id), AudienceEntry.Body(far)])).Ok);
        Assert.Equal(["Axolotl care"], await FoundAsync(other, "axolotl"));
        await program.GetAsync($"/articles/{article}", OK);
        await program.GetAsync($"/articles/{article}/versions/1/changes", OK);
        await program.GetAsync($"/articles/{draft}", NotFound);
        Assert.True((await knowledge.SetAudienceAsync(manager, article, [AudienceEntry.Body(bodies[0].Id)])).Ok);
        await program.GetAsync($"/articles/{article}", NotFound);
        Assert.Empty(await FoundAsync(other, "axolotl"));

        async Task<IEnumerable<string>> FoundAsync(Actor actor, string question) =>
            (await Get<SearchService>().FindAsync(actor, question)).Value.Items.Select(h => h.Title).Order(StringComparer.Ordinal).ToList();
    }
}
