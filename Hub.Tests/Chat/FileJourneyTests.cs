using System.Security.Cryptography;
using Hub.Domain.Chat;
using Hub.Domain.People;
using Hub.Tests.Shell;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Hub.Tests.Chat;

/// <summary>Two people and the files that one sends the other, in a real browser.</summary>
[Collection(InBrowser.Name)]
public sealed class FileJourneyTests(HubServer server)
{
    private const string Amara = "amara.osei@northbridge.example";
    private const string Jonas = "jonas.berg@northbridge.example";

    [Fact]
    public async Task Files_are_picked_dropped_and_pasted_and_the_other_sees_them()
    {
        var channel = await ChannelAsync("journey-files");
        var (one, two) = (await OpenAsync(Amara, channel), await OpenAsync(Jonas, channel));
        var chips = one.Locator(".composer .files li");
        await PickAsync(one, ("map <b>.png", SomeFiles.Png()), ("notes.txt", "two lines\n"u8.ToArray()));
        await Expect(chips).ToHaveCountAsync(2);
        await Expect(one.Locator(".composer .files li[data-state=ready]")).ToHaveCountAsync(2);
        await Expect(one.Locator("[data-files-said]")).ToContainTextAsync("is ready to send");
        await Axe.AssertCleanAsync(one);

        // Without a word beside them.
        await one.Locator("[data-send]").ClickAsync();
        var picture = two.Locator("li.message .picture img");
        await Expect(picture).ToHaveAttributeAsync("alt", "map _b_.png");
        await Expect(two.Locator("li.message .file")).ToContainTextAsync("notes.txt");
        await Expect(chips).ToHaveCountAsync(0);
        Assert.Equal(640, await picture.EvaluateAsync<int>("i => i.decode().then(() => i.naturalWidth)"));
        var saved = await two.RunAndWaitForDownloadAsync(() => two.Locator("li.message .file").ClickAsync());
        Assert.Equal("notes.txt", saved.SuggestedFilename);
        await Axe.AssertCleanAsync(two);

        // A program is refused with the reason; what is left is sent.
        await DropAsync(one, "run.txt", "#!/bin/sh\n");
        await Expect(chips).ToHaveAttributeAsync("data-state", "failed");
        await Expect(chips).ToContainTextAsync("programs are not sent here");
        await one.Locator("#composer-text").FillAsync("look");
        await one.Keyboard.PressAsync("Enter");
        await Expect(one.Locator("[data-files-note]")).ToContainTextAsync("remove the files");
        await chips.GetByRole(AriaRole.Button, new() { Name = "Remove run.txt" }).ClickAsync();
        await one.Locator("#composer-text").EvaluateAsync("""
            (box, bytes) => {
              const data = new DataTransfer();
              data.items.add(new File([Uint8Array.from(atob(bytes), c => c.charCodeAt(0))], 'image.png', { type: 'image/png' }));
              box.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));
            }
            """, Convert.ToBase64String(SomeFiles.Png(40, 30)));
        await Expect(chips).ToHaveAttributeAsync("data-state", "ready");
        await one.Keyboard.PressAsync("Enter");
        await Expect(two.Locator("li.message").Last.Locator(".picture img")).ToHaveAttributeAsync("alt", "image.png");
        await Expect(two.Locator("li.message").Last.Locator(".said")).ToContainTextAsync("look");
        await one.Context.CloseAsync();
        await two.Context.CloseAsync();
    }

    [Fact]
    public async Task An_upload_survives_a_broken_network_and_a_reload_and_is_sent_once()
    {
        var channel = await ChannelAsync("journey-resumed");
        var page = await OpenAsync(Amara, channel);
        var bytes = RandomNumberGenerator.GetBytes(900_000);
        // The first part arrives, the second breaks.
        await page.RouteAsync("**/api/v1/uploads/**", r => r.Request.Method == "PUT" && !r.Request.Url.EndsWith("=0", StringComparison.Ordinal) ? r.AbortAsync() : r.ContinueAsync());
        await PickAsync(page, ("radio.bin", bytes));
        var chip = page.Locator(".composer .files li");
        await Expect(chip).ToHaveAttributeAsync("data-state", "waiting");
        await page.Locator("#composer-text").FillAsync("the recording");
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.Locator("[data-files-note]")).ToContainTextAsync("as soon as the files are there");

        await page.ReloadAsync();
        await Expect(page.Locator(".composer[data-ready]")).ToBeVisibleAsync();
        await Expect(chip).ToHaveAttributeAsync("data-state", "waiting");
        await Expect(page.Locator("#composer-text")).ToHaveValueAsync("the recording");
        await page.Locator("#composer-text").PressAsync("Enter");
        await page.UnrouteAllAsync();
        await page.EvaluateAsync("document.dispatchEvent(new Event('hub:back'))");
        await Expect(page.Locator("li.message .file")).ToContainTextAsync("radio.bin");
        await Expect(chip).ToHaveCountAsync(0);

        var actor = await ActorAsync(Amara);
        var sent = Assert.Single((await server.Get<MessageService>().PageAsync(actor, channel)).Value.Items);
        Assert.Equal(("the recording", "radio.bin"), (sent.Text, Assert.Single(sent.Files).Name));
        Assert.Equal(bytes, await FileServiceTests.ReadAsync(server.Get<FileService>(), actor, sent.Files[0].Id));
        await page.ReloadAsync();
        await Expect(page.Locator(".composer[data-ready]")).ToBeVisibleAsync();
        await Expect(page.Locator("li.message .file")).ToBeVisibleAsync();
        await Expect(chip).ToHaveCountAsync(0);
        await page.Context.CloseAsync();
    }

    private static Task PickAsync(IPage page, params (string Name, byte[] Bytes)[] files) =>
        page.Locator("[data-choose-files]").SetInputFilesAsync(files.Select(f => new FilePayload { Name = f.Name, MimeType = "application/octet-stream", Buffer = f.Bytes }));

    private static async Task DropAsync(IPage page, string name, string text) => await page.Locator(".talk .messages").EvaluateAsync("""
        (list, [name, text]) => {
          const data = new DataTransfer();
          data.items.add(new File([text], name));
          list.dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }));
        }
        """, new[] { name, text });

    private async Task<Guid> ChannelAsync(string name)
    {
        var chat = server.Get<ChatService>();
        var channel = (await chat.CreateChannelAsync(await ActorAsync(Amara), new NewChannel(name))).Value.Id;
        await chat.JoinAsync(await ActorAsync(Jonas), channel);
        return channel;
    }

    private async Task<Actor> ActorAsync(string email) => (await server.Get<PeopleService>().ActorByEmailAsync(email))!;

    private async Task<IPage> OpenAsync(string email, Guid channel)
    {
        var page = await server.SignInAsync(email);
        await page.GotoAsync($"{server.Address}/chat/{channel}");
        await Expect(page.Locator(".composer[data-ready]")).ToBeVisibleAsync();
        return page;
    }
}
