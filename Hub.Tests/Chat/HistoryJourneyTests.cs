using System.Globalization;
using Hub.Domain.Chat;
using Hub.Domain.People;
using Hub.Tests.Shell;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Hub.Tests.Chat;

/// <summary>A long conversation in a real browser: paging back to its first word and forward to its newest.</summary>
[Collection(InBrowser.Name)]
public sealed class HistoryJourneyTests(HubServer server)
{
    private const string Amara = "amara.osei@northbridge.example";
    private const int Messages = 230;
    private const int Page = 50;

    [Fact]
    public async Task Paging_back_shows_every_message_and_keeps_the_place_and_the_newest_is_one_step_away()
    {
        var (chat, messages, amara) = (server.Get<ChatService>(), server.Get<MessageService>(), (await server.Get<PeopleService>().ActorByEmailAsync(Amara))!);
        var channel = (await chat.CreateChannelAsync(amara, new NewChannel("long-history"))).Value.Id;
        for (var i = 1; i <= Messages; i++) await messages.PostAsync(amara, channel, Guid.NewGuid(), $"Message {i}");
        var page = await server.SignInAsync(Amara);
        await page.GotoAsync($"{server.Address}/chat/{channel}");
        await Expect(page.Locator(".composer[data-ready]")).ToBeVisibleAsync();
        var seen = new SortedDictionary<int, string>();
        await SeeAsync(page, seen);
        Assert.Equal(Enumerable.Range(Messages - Page + 1, Page), seen.Keys);

        await page.Locator(".scroller").FocusAsync();
        for (var first = Messages - Page + 1; first > 1;)
        {
            var at = Row(page, first);
            // To the top, where the page before comes by itself.
            await page.EvaluateAsync("""
                seq => {
                  const scroller = document.querySelector('.scroller'), row = scroller.querySelector(`li[data-seq="${seq}"]`);
                  const above = () => row.getBoundingClientRect().top - scroller.getBoundingClientRect().top;
                  scroller.scrollTop = 0;
                  window.before = above();
                  window.above = above;
                }
                """, first.ToString(CultureInfo.InvariantCulture));
            var earlier = Math.Max(1, first - Page);
            await Expect(Row(page, earlier)).ToHaveCountAsync(1);
            await Expect(page.Locator("li.message").First).ToHaveAttributeAsync("data-seq", earlier.ToString(CultureInfo.InvariantCulture));
            // What was read stands where it stood, but for the button that goes with the first page.
            var moved = await page.EvaluateAsync<double>("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(Math.abs(window.above() - window.before)))))");
            Assert.True(moved <= 2, $"{first} moved by {moved} px");
            await SeeAsync(page, seen);
            first = earlier;
        }
        Assert.Equal(Enumerable.Range(1, Messages), seen.Keys);
        Assert.All(seen, m => Assert.Equal($"Message {m.Key}", m.Value));
        await Expect(page.Locator(".earlier")).ToHaveCountAsync(0);

        // What comes meanwhile does not tear the place; one step leads there.
        await messages.PostAsync(amara, channel, Guid.NewGuid(), $"Message {Messages + 1}");
        await page.GetByRole(AriaRole.Button, new() { Name = "Jump to newest" }).ClickAsync();
        await Expect(Row(page, Messages + 1)).ToBeInViewportAsync();
        await Expect(page.Locator("li.message")).ToHaveCountAsync(Page);
        await page.Context.CloseAsync();
    }

    private static ILocator Row(IPage page, int sequence) => page.Locator($"li.message[data-seq='{sequence}']");

    private static async Task SeeAsync(IPage page, SortedDictionary<int, string> seen)
    {
        var rows = await page.Locator("li.message").EvaluateAllAsync<string[][]>("all => all.map(e => [e.dataset.seq, e.querySelector('.said').textContent])");
        var sequences = rows.Select(r => int.Parse(r[0], CultureInfo.InvariantCulture)).ToList();
        Assert.Equal(Enumerable.Range(sequences[0], sequences.Count), sequences);
        foreach (var (sequence, row) in sequences.Zip(rows)) seen[sequence] = row[1];
    }
}
