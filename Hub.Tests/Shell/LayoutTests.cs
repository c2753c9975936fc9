using Bunit;
using Hub.Domain.Live;
using Hub.Domain.People;
using Hub.Tests.Storage;
using Hub.Web.Live;
using Hub.Web.People;
using Hub.Web.Shell;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Rendering;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Hub.Tests.Shell;

public sealed class LayoutTests : BunitContext
{
    private readonly LogLines log = new();

    public LayoutTests()
    {
        Services.AddHubWords();
        Services.AddLogging(l => l.AddProvider(log)).AddSingleton(TimeProvider.System);
        JSInterop.Mode = JSRuntimeMode.Loose;
    }

    [Fact]
    public void A_room_that_fails_gives_a_reference_that_is_in_the_log_and_recovers()
    {
        var broken = new Broken { Fails = true };
        var page = Render<RoomBoundary>(p => p.Add(b => b.Room, "chat").Add(b => b.Address, "/chat")
            .AddChildContent<Sometimes>(c => c.Add(s => s.Broken, broken)));

        var reference = page.Find(".reference").TextContent;
        Assert.Contains(log.All, l => l.Contains(reference, StringComparison.Ordinal) && l.Contains("the room fell over", StringComparison.Ordinal));

        broken.Fails = false;
        page.Find("button").Click();
        Assert.Equal("whole", page.Find("p").TextContent);
    }

    [Fact]
    public void What_somebody_searched_for_when_a_room_failed_is_not_in_the_log()
    {
        Render<RoomBoundary>(p => p.Add(b => b.Room, "search").Add(b => b.Address, "http://hub.example/search?q=my+own+words#found").AddChildContent<Sometimes>(c => c.Add(s => s.Broken, new Broken { Fails = true })));
        Assert.Contains(log.All, l => l.Contains("Room search failed at http://hub.example/search, reference", StringComparison.Ordinal));
        Assert.DoesNotContain(log.All, l => l.Contains("my+own", StringComparison.Ordinal) || l.Contains("#found", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_a_script_failed_on_is_not_in_the_log_but_where_it_did()
    {
        JSInterop.SetupModule("./Chat/Composer.razor.js").SetupVoid("start").SetException(new Microsoft.JSInterop.JSException("\"my own words\" is not valid JSON\nSyntaxError: \"my own words\" is not valid JSON\n    at read (http://hub.example/js/drafts.js:12:34)\n    at start (http://hub.example/Chat/Composer.razor.js:5:6)"));
        await using var script = new PageScript(JSInterop.JSRuntime, log, "./Chat/Composer.razor.js");
        await script.CallAsync("start");
        Assert.Contains(log.All, l => l.Contains("Composer.razor.js failed in the browser at drafts.js:12:34 < Composer.razor.js:5:6", StringComparison.Ordinal));
        Assert.DoesNotContain(log.All, l => l.Contains("my own", StringComparison.Ordinal));
    }

    [Fact]
    public void Another_page_of_the_room_is_another_try()
    {
        var broken = new Broken { Fails = true };
        var page = Render<RoomBoundary>(p => p.Add(b => b.Address, "/chat/1").AddChildContent<Sometimes>(c => c.Add(s => s.Broken, broken)));
        broken.Fails = false;
        page.Render(p => p.Add(b => b.Address, "/chat/2"));
        Assert.Equal("whole", page.Find("p").TextContent);
    }

    [Theory]
    [InlineData("Amara Osei", "AO")]
    [InlineData("Cher", "C")]
    [InlineData("  Aoife   Ní Dhomhnaill ", "AD")]
    [InlineData("", "")]
    public void Initials_come_from_the_first_and_the_last_name(string name, string initials) =>
        Assert.Equal(initials, Render(b => b.AddContent(0, Avatars.Square(name))).Find("span").TextContent);

    [Fact]
    public async Task The_menu_names_its_person_and_signs_out_by_a_form()
    {
        await using var hub = await TestHub.StartAsync("Sqlite");
        Services.AddScoped<PageScripts>().AddScoped(_ => new LivePage(hub.Get<LiveBus>()))
            .AddScoped(s => new Colleagues(hub.Get<PresenceService>(), hub.Get<LiveBus>(), s.GetRequiredService<LivePage>(), NullLogger<Colleagues>.Instance));
        Services.AddFallbackServiceProvider(hub.Services);
        SetRendererInfo(new("Server", true));
        var me = await hub.Get<PeopleService>().MeAsync(hub.Amara);
        IRenderedComponent<PersonMenu> Menu(Me who) => Render<PersonMenu>(p => p.AddCascadingValue(hub.Amara).Add(m => m.Me, who));
        var menu = Menu(me!);
        Assert.Contains(me!.Name, menu.Find("summary").TextContent, StringComparison.Ordinal);
        Assert.Equal("/signin/out", menu.Find("form").GetAttribute("action"));
        Assert.Equal(3, menu.FindAll("[data-theme-choice]").Count);
        Assert.Empty(menu.FindAll("a[href='/admin/nodes']"));
        Assert.Empty(Menu(me with { Roles = ["Staff", $"Administrator@organisation:{hub.Northbridge}"] }).FindAll("a[href='/admin/nodes']"));
        Assert.Single(Menu(me with { Roles = ["Staff", "Administrator"] }).FindAll("a[href='/admin/nodes']"));
    }

    [Theory]
    [InlineData(2, "Home.Hello")]
    [InlineData(5, "Home.Morning")]
    [InlineData(12, "Home.Afternoon")]
    [InlineData(18, "Home.Evening")]
    public void The_greeting_follows_the_hour(int hour, string expected) => Assert.Equal(expected, Home.Greeting(hour));

    private sealed class Broken
    {
        public bool Fails { get; set; }
    }

    private sealed class Sometimes : ComponentBase
    {
        [Parameter] public Broken Broken { get; set; } = null!;

        protected override void BuildRenderTree(RenderTreeBuilder builder)
        {
            if (Broken.Fails) throw new InvalidOperationException("the room fell over");
            builder.AddMarkupContent(0, "<p>whole</p>");
        }
    }
}
