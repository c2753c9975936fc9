using Bunit;
using Hub.Domain;
using Hub.Domain.Live;
using Hub.Domain.People;
using Hub.Tests.Storage;
using Hub.Web.Live;
using Hub.Web.People;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace Hub.Tests.People;

/// <summary>The marks of a page without a browser, on a real database.</summary>
public sealed class PresenceMarkTests : BunitContext
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private TestHub hub = null!;

    private PresenceBoard Board => hub.Get<PresenceBoard>();

    private async Task<TestHub> StartAsync()
    {
        hub = await TestHub.StartAsync("Sqlite");
        Services.AddLocalization().AddScoped<Hub.Web.Shell.PageScripts>().AddScoped(_ => new CircuitPresence(Board))
            .AddScoped(_ => new LivePage(hub.Get<LiveBus>()))
            .AddScoped(s => new Colleagues(hub.Get<PresenceService>(), hub.Get<LiveBus>(), s.GetRequiredService<LivePage>(), NullLogger<Colleagues>.Instance));
        Services.AddFallbackServiceProvider(hub.Services);
        JSInterop.Mode = JSRuntimeMode.Loose;
        SetRendererInfo(new("Server", true));
        return hub;
    }

    private IRenderedComponent<PresenceMark> Mark(Actor viewer, Guid person, bool words = false) =>
        Render<PresenceMark>(p => p.AddCascadingValue(viewer).Add(m => m.Person, person).Add(m => m.Words, words).Add(m => m.Devices, words));

    [Fact]
    public async Task Each_state_is_a_shape_of_its_own_and_a_word_and_no_announcement()
    {
        await using var _ = await StartAsync();
        var (page, person) = (Guid.NewGuid(), hub.Jonas.PersonId);
        var mark = Mark(hub.Amara, person);
        var shapes = new List<string>();
        Shows("offline", "Offline");
        Board.Tell(page, person, PresenceDevice.Desktop, away: true);
        Shows("away", "Away");
        Board.Tell(page, person, PresenceDevice.Desktop, away: false);
        Shows("online", "Online");
        Assert.Equal(3, shapes.Distinct().Count());
        Assert.DoesNotContain("aria-live", mark.Markup, StringComparison.Ordinal);
        Assert.DoesNotContain("role=\"status\"", mark.Markup, StringComparison.Ordinal);

        void Shows(string state, string word)
        {
            mark.WaitForAssertion(() => Assert.Equal(state, mark.Find(".presence").GetAttribute("data-presence")), Patience);
            Assert.Equal((word, word), (mark.Find(".visually-hidden").TextContent, mark.Find(".presence").GetAttribute("title")));
            shapes.Add(mark.Find("svg").InnerHtml);
        }
    }

    [Fact]
    public async Task Shifts_meetings_and_what_they_said_themselves_are_signs_of_their_own()
    {
        await using var _ = await StartAsync();
        var (presence, availability, directory, now) = (hub.Get<PresenceService>(), hub.Get<AvailabilityService>(), hub.Get<DirectoryService>(), hub.Clock.Now());
        var (person, mark, named) = (hub.Jonas.PersonId, Mark(hub.Amara, hub.Jonas.PersonId), Mark(hub.Amara, hub.Jonas.PersonId, words: true));
        var shapes = new HashSet<string>(StringComparer.Ordinal);
        Shows("Offline", "");
        await directory.AddShiftsAsync([(person, now.AddHours(-9), now.AddHours(-1)), (person, now.AddMinutes(10), now.AddMinutes(20))]);
        await availability.SetAsync(hub.Jonas, new AvailabilityChange(OwnState.Available));
        await presence.RefreshAsync();
        Shows("Off shift", "");
        Board.Tell(Guid.NewGuid(), person, PresenceDevice.Desktop, away: false);
        Shows("Online, off shift", "off shift · Computer");
        // The clock alone brings the shift, and then the meeting, and takes both away; nobody asks the database for it.
        hub.Clock.Advance(TimeSpan.FromMinutes(10));
        Board.Look(connected: true);
        Shows("Online, on shift", "on shift · Computer");
        var at = hub.Clock.Now().AddMinutes(5);
        await hub.Get<Hub.Domain.Meetings.MeetingService>().BookAsync(hub.Jonas, new("Brief", $"{at:yyyy-MM-dd'T'HH:mm:ss}", $"{at.AddMinutes(15):yyyy-MM-dd'T'HH:mm:ss}", "UTC", []));
        await presence.RefreshAsync();
        hub.Clock.Advance(TimeSpan.FromMinutes(6));
        Board.Look(connected: true);
        Shows("In a meeting, on shift", "on shift · Computer");
        await availability.SetAsync(hub.Jonas, new AvailabilityChange(OwnState.DoNotDisturb, hub.Clock.Now().AddMinutes(2)));
        await presence.RefreshAsync();
        Shows("Do not disturb, on shift", "on shift · Computer");
        hub.Clock.Advance(TimeSpan.FromMinutes(3));
        Board.Look(connected: true);
        Shows("In a meeting, on shift", "on shift · Computer");
        await availability.SetAsync(hub.Jonas, new AvailabilityChange(OwnState.Away));
        hub.Clock.Advance(TimeSpan.FromMinutes(15));
        Board.Look(connected: true);
        await presence.RefreshAsync();
        Shows("Away, off shift", "off shift · Computer");
        Assert.Equal(6, shapes.Count);

        void Shows(string spoken, string more)
        {
            mark.WaitForAssertion(() => Assert.Equal(spoken, mark.Find(".visually-hidden").TextContent), Patience);
            named.WaitForAssertion(() => Assert.Equal(spoken.Split(',')[0], named.Find(".presence > span").TextContent), Patience);
            named.WaitForAssertion(() => Assert.Equal(more, named.FindAll(".meta") is [var meta] ? meta.TextContent : ""), Patience);
            shapes.Add(mark.Find("svg").InnerHtml);
        }
    }

    [Fact]
    public async Task In_words_it_also_says_on_what()
    {
        await using var _ = await StartAsync();
        var mark = Mark(hub.Amara, hub.Jonas.PersonId, words: true);
        Board.Tell(Guid.NewGuid(), hub.Jonas.PersonId, PresenceDevice.Desktop, away: true);
        Board.Tell(Guid.NewGuid(), hub.Jonas.PersonId, PresenceDevice.Phone, away: false);
        mark.WaitForAssertion(() => Assert.Equal("Phone · Computer, away", mark.Find(".meta").TextContent), Patience);
        Assert.Equal("Online", mark.Find(".presence > span").TextContent);
        Assert.Empty(mark.FindAll(".visually-hidden"));
    }

    [Fact]
    public async Task Who_may_not_know_sees_nothing_and_it_goes_with_the_right_to_it()
    {
        await using var _ = await StartAsync();
        Board.Tell(Guid.NewGuid(), hub.Amara.PersonId, PresenceDevice.Desktop, away: false);
        var hidden = Render<PresenceMark>(p => p.AddCascadingValue(hub.Jonas).Add(m => m.Person, hub.Stranger.PersonId));
        var seen = Mark(hub.Jonas, hub.Amara.PersonId);
        seen.WaitForAssertion(() => Assert.Single(seen.FindAll("[data-presence=online]")), Patience);
        Assert.Empty(hidden.Markup.Trim());
        await hub.Get<DirectoryService>().LeaveAsync(hub.Jonas.PersonId);
        seen.WaitForAssertion(() => Assert.Empty(seen.Markup.Trim()), Patience);
    }

    [Fact]
    public async Task A_page_of_marks_is_one_question_and_one_render_and_a_change_draws_one_mark_alone()
    {
        await using var _ = await StartAsync();
        var people = new List<Guid>();
        for (var i = 0; i < 30; i++) people.Add((await hub.AddPersonAsync($"Person {i}", $"p{i}@northbridge.example")).PersonId);
        Board.Tell(Guid.NewGuid(), people[7], PresenceDevice.Desktop, away: false);
        var drawing = Render<Drawing>();
        var before = drawing.RenderCount;
        var list = Render<Marks>(p => p.AddCascadingValue(hub.Amara).Add(m => m.People, people));
        list.WaitForAssertion(() => Assert.Equal(30, list.FindAll("[data-presence]").Count), Patience);
        Assert.Equal(people[7].ToString(), Assert.Single(list.FindAll("[data-presence=online]")).ParentElement!.Id);
        // All that was asked for together came with the one render of what draws together.
        Assert.Equal(1, drawing.RenderCount - before);
        Assert.Equal(30, hub.Get<LiveBus>().WatchCount);

        var marks = list.FindComponents<PresenceMark>();
        var (renders, rows) = (marks.Select(m => m.RenderCount).ToList(), list.RenderCount);
        Board.Tell(Guid.NewGuid(), people[3], PresenceDevice.Tablet, away: false);
        list.WaitForAssertion(() => Assert.Equal(2, list.FindAll("[data-presence=online]").Count), Patience);
        Assert.Equal(Enumerable.Range(0, 30).Select(i => i == 3 ? 1 : 0), marks.Select((m, i) => m.RenderCount - renders[i]));

        // The same person twice is watched once, and as long as one of the two is shown.
        var again = Mark(hub.Amara, people[3]);
        Assert.Equal("online", again.Find(".presence").GetAttribute("data-presence"));
        list.Render(p => p.Add(m => m.People, []));
        Assert.Equal(1, hub.Get<LiveBus>().WatchCount);
        again.Render(p => p.Add(m => m.Person, people[7]));
        again.WaitForAssertion(() => Assert.Equal("online", again.Find(".presence").GetAttribute("data-presence")), Patience);
        Assert.Equal(1, hub.Get<LiveBus>().WatchCount);
    }

    [Fact]
    public async Task The_page_tells_for_whom_it_was_made_and_on_what()
    {
        await using var _ = await StartAsync();
        var link = Render<PresenceLink>(p => p.AddCascadingValue(hub.Jonas));
        foreach (var (told, device) in new[] { ("phone", PresenceDevice.Phone), ("tablet", PresenceDevice.Tablet), ("7", PresenceDevice.Desktop) })
        {
            link.Instance.Tell(told, away: false);
            Assert.Equal([new(device, PresenceState.Online)], Board.Of(hub.Jonas.PersonId).Devices);
        }
        link.Instance.Tell("desktop", away: true);
        Assert.Equal(PresenceState.Away, Board.Of(hub.Jonas.PersonId).State);
    }

    private sealed class Marks : ComponentBase
    {
        [Parameter] public IReadOnlyList<Guid> People { get; set; } = [];

        protected override void BuildRenderTree(Microsoft.AspNetCore.Components.Rendering.RenderTreeBuilder builder)
        {
            foreach (var person in People)
            {
                builder.OpenElement(0, "i");
                builder.SetKey(person);
                builder.AddAttribute(1, "id", person.ToString());
                builder.OpenComponent<PresenceMark>(2);
                builder.AddComponentParameter(3, nameof(PresenceMark.Person), person);
                builder.CloseComponent();
                builder.CloseElement();
            }
        }
    }
}
