using System.Globalization;
using Bunit;
using Hub.Domain.Chat;
using Hub.Domain.Fixes;
using Hub.Domain.Live;
using Hub.Tests.Storage;
using Hub.Web.Chat;
using Hub.Web.Live;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Localization;

namespace Hub.Tests.Chat;

/// <summary>Parts of the chat page without a browser.</summary>
public sealed class ChatPartsTests : BunitContext
{
    public ChatPartsTests()
    {
        Services.AddLocalization().AddScoped<Hub.Web.Shell.PageScripts>();
        Services.AddSingleton<MessageRows>().AddSingleton<CardRows>();
        JSInterop.Mode = JSRuntimeMode.Loose;
    }

    private static MessageRecord Message(string name, string html, DateTime? editedAt = null, DateTime? deletedAt = null, RunCard? run = null) =>
        new(Guid.NewGuid(), Guid.NewGuid(), 1, Guid.NewGuid(), "source", html, new Author(Guid.NewGuid(), name), new DateTime(2027, 3, 28, 8, 30, 0, DateTimeKind.Utc), editedAt, deletedAt, 1, run);

    [Fact]
    public void A_row_reads_author_then_text_then_local_time_and_names_are_only_text()
    {
        var row = Services.GetRequiredService<MessageRows>().Of(Message("<b>Amara</b> O'Neil", "<p>hello</p>", editedAt: DateTime.UnixEpoch));
        var shown = Render(b => b.AddContent(0, row.Html));
        Assert.Equal("<b>Amara</b> O'Neil", shown.Find(".who").TextContent);
        Assert.Empty(shown.FindAll(".who b"));
        // Summer time: half past eight UTC.
        Assert.Equal("09:30", shown.Find("time").TextContent);
        Assert.Contains("edited", shown.Find(".when").TextContent, StringComparison.Ordinal);
        Assert.Equal(["avatar", "who", "said prose", "when"], shown.FindAll(".avatar, .who, .said, .when").Select(e => e.ClassName));
    }

    [Fact]
    public void A_deleted_message_keeps_its_place_and_loses_its_words_and_a_run_is_a_card()
    {
        var rows = Services.GetRequiredService<MessageRows>();
        var gone = Render(b => b.AddContent(0, rows.Of(Message("Amara", "<p>secret</p>", deletedAt: DateTime.UnixEpoch)).Html));
        Assert.Equal("Message deleted", gone.Find(".gone").TextContent);
        Assert.DoesNotContain("secret", gone.Markup, StringComparison.Ordinal);
        var run = new RunCard(Guid.NewGuid(), "Mailbox <x>", 4, RunState.NotFixed, false, "Not healed", "Jonas");
        var card = Render(b => b.AddContent(0, rows.Of(Message("Amara", "<p>help</p>", run: run)).Html));
        Assert.Equal(($"/fixes/runs/{run.Id}", "Mailbox <x>"), (card.Find("a.run").GetAttribute("href"), card.Find("a.run strong").TextContent));
    }

    [Fact]
    public void A_row_is_made_once_and_again_when_it_changes_or_another_language_reads_it()
    {
        var rows = Services.GetRequiredService<MessageRows>();
        var message = Message("Amara", "<p>hello</p>");
        Assert.Same(rows.Of(message), rows.Of(message));
        Assert.NotSame(rows.Of(message), rows.Of(message with { Version = 2 }));
        var (first, before) = (rows.Of(message), CultureInfo.CurrentUICulture);
        try
        {
            CultureInfo.CurrentUICulture = CultureInfo.GetCultureInfo("cy");
            Assert.NotSame(first, rows.Of(message));
        }
        finally
        {
            CultureInfo.CurrentUICulture = before;
        }
    }

    [Fact]
    public async Task The_composer_is_drawn_once_and_never_again()
    {
        await using var hub = await TestHub.StartAsync("Sqlite");
        SetRendererInfo(new("Server", true));
        var composer = Render<Composer>(p => p.Add(c => c.Conversation, Guid.NewGuid()).Add(c => c.Name, "one").AddCascadingValue(hub.Amara));
        var before = composer.RenderCount;
        composer.Render(p => p.Add(c => c.Name, "renamed"));
        Assert.Equal(before, composer.RenderCount);
        Assert.Contains("one", composer.Find("label").TextContent, StringComparison.Ordinal);
        Assert.Empty(composer.Find("textarea").TextContent);
        Assert.False(composer.Find("textarea").HasAttribute("value"));
        Assert.DoesNotContain(composer.Markup, "blazor:oninput", StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_address_that_leads_on_after_another_that_led_nowhere()
    {
        await using var hub = await TestHub.StartAsync("Sqlite");
        Services.AddSingleton(hub.Get<ChatService>());
        SetRendererInfo(new("Server", true));
        var page = Render<WithPage>(p => p.Add(c => c.PersonId, hub.Stranger.PersonId).AddCascadingValue(hub.Amara));
        page.WaitForAssertion(() => Assert.Single(page.FindAll(".empty")));
        var start = Services.GetRequiredService<NavigationManager>().Uri;
        page.Render(p => p.Add(c => c.PersonId, hub.Jonas.PersonId));
        page.WaitForAssertion(() => Assert.NotEqual(start, Services.GetRequiredService<NavigationManager>().Uri));
        Assert.Empty(page.FindAll(".empty"));
        page.Render(p => p.Add(c => c.PersonId, null));
        page.WaitForAssertion(() => Assert.Single(page.FindAll(".empty")));
    }

    [Fact]
    public async Task The_new_line_stands_before_the_first_message_of_others_and_stays_while_more_come()
    {
        await using var hub = await TestHub.StartAsync("Sqlite");
        var (chat, messages) = (hub.Get<ChatService>(), hub.Get<MessageService>());
        Services.AddSingleton(chat).AddSingleton(messages).AddSingleton(hub.Get<CardService>()).AddSingleton(hub.Get<LaterService>()).AddSingleton(hub.Get<LiveBus>()).AddScoped<LivePage>().AddSingleton<TimeProvider>(hub.Clock);
        SetRendererInfo(new("Server", true));
        var channel = (await chat.CreateChannelAsync(hub.Amara, new NewChannel("one"))).Value.Id;
        await chat.JoinAsync(hub.Jonas, channel);
        foreach (var (who, text) in new[] { (hub.Amara, "read"), (hub.Jonas, "new one"), (hub.Jonas, "new two") }) await messages.PostAsync(who, channel, Guid.NewGuid(), text);

        var pane = Render<ConversationPane>(p => p.Add(c => c.Id, channel).AddCascadingValue(hub.Amara));
        pane.WaitForAssertion(() => Assert.Equal("2", pane.Find("li.new + li.message").GetAttribute("data-seq")));
        await messages.PostAsync(hub.Jonas, channel, Guid.NewGuid(), "new three");
        pane.WaitForAssertion(() => Assert.Equal(4, pane.FindAll("li.message").Count), TimeSpan.FromSeconds(20));
        Assert.Equal("2", Assert.Single(pane.FindAll("li.new + li.message")).GetAttribute("data-seq"));
        var his = Render<ConversationPane>(p => p.Add(c => c.Id, channel).AddCascadingValue(hub.Jonas));
        his.WaitForAssertion(() => Assert.Equal(4, his.FindAll("li.message").Count));
        Assert.Empty(his.FindAll("li.new"));
        var hidden = Render<ConversationPane>(p => p.Add(c => c.Id, channel).AddCascadingValue(hub.Stranger));
        hidden.WaitForAssertion(() => Assert.Single(hidden.FindAll(".empty")));
    }
}
