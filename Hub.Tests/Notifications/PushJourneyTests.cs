using Hub.Domain.Chat;
using Hub.Domain.Notifications;
using Hub.Domain.People;
using Hub.Domain.Storage;
using Hub.Tests.Shell;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Hub.Tests.Notifications;

/// <summary>
/// Notifications in a browser. Chromium cannot subscribe without a push service that is Google's, and shows nothing where there is no desktop: the permission, the
/// subscription and what is shown are stood in for here, and what the worker does is seen in a page that has its surroundings. Worker file, page and hub are the real ones.
/// </summary>
[Collection(InBrowser.Name)]
public sealed class PushJourneyTests(HubServer server)
{
    private const string Amara = "amara.osei@northbridge.example";
    private const string Jonas = "jonas.berg@northbridge.example";

    // A subscription of a browser's own, with the key of RFC 8291's example; it lives as long as the browser context does.
    private const string Subscribes = """
        Object.defineProperty(Notification, 'permission', { get: () => sessionStorage.getItem('asked') ?? 'default' });
        Notification.requestPermission = async () => { sessionStorage.setItem('asked', window.answers ?? 'granted'); return Notification.permission; };
        const of = name => ({
          options: { applicationServerKey: Uint8Array.from(JSON.parse(localStorage.getItem('stand-in-key'))).buffer },
          endpoint: `https://push.invalid/${name}`,
          unsubscribe: async () => { localStorage.removeItem('stand-in'); return true; },
          toJSON: () => ({ endpoint: `https://push.invalid/${name}`, keys: { p256dh: 'BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4', auth: 'BTBZMqHH6r4Tts7J_aSIgg' } }),
        });
        PushManager.prototype.getSubscription = async () => localStorage.getItem('stand-in') ? of(localStorage.getItem('stand-in')) : null;
        PushManager.prototype.subscribe = async options => {
          if (!options.userVisibleOnly || options.applicationServerKey.length !== 65) throw new TypeError();
          if (!localStorage.getItem('hub-push')) throw new Error('A subscription of which nobody has noted whose it is.');
          if (window.breaks) throw new Error('no push service');
          localStorage.setItem('stand-in', crypto.randomUUID());
          localStorage.setItem('stand-in-key', JSON.stringify([...options.applicationServerKey]));
          return of(localStorage.getItem('stand-in'));
        };
        window.shown = [];
        ServiceWorkerRegistration.prototype.getNotifications = async () => window.shown;
        """;

    [Fact]
    public async Task A_device_is_turned_on_by_keyboard_listed_and_turned_off()
    {
        var page = await SignInAsync(Jonas);
        await page.GotoAsync(server.Address + "/inbox/preferences");
        var section = page.Locator("section.devices");
        await Expect(section).ToHaveAttributeAsync("data-state", "off");
        await Expect(section).ToContainTextAsync("Notifications are off on this device.");
        await Expect(section.GetByRole(AriaRole.Button)).ToHaveCountAsync(1);
        await Axe.AssertCleanAsync(page);

        // Who says no to the browser is told how to change that; nobody is asked before the button is pressed.
        Assert.Equal("default", await page.EvaluateAsync<string>("() => Notification.permission"));
        await page.EvaluateAsync("() => { window.answers = 'denied'; }");
        await section.GetByRole(AriaRole.Button, new() { Name = "Turn on notifications" }).FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await Expect(section).ToHaveAttributeAsync("data-state", "denied");
        await Expect(section).ToContainTextAsync("the browser's settings");
        await Axe.AssertCleanAsync(page);
        await page.EvaluateAsync("() => sessionStorage.removeItem('asked')");
        await page.ReloadAsync();

        await Expect(section).ToHaveAttributeAsync("data-state", "off");
        await section.GetByRole(AriaRole.Button, new() { Name = "Turn on notifications" }).FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await Expect(section).ToHaveAttributeAsync("data-state", "on");
        await Expect(section.GetByRole(AriaRole.Button, new() { Name = "Turn off notifications" })).ToBeFocusedAsync();
        await Expect(section.Locator("[data-device] .name")).ToHaveTextAsync("Computer, Chrome");
        await Axe.AssertCleanAsync(page);
        await page.SetViewportSizeAsync(390, 844);
        await Axe.AssertCleanAsync(page);
        await page.ReloadAsync();
        await Expect(section).ToHaveAttributeAsync("data-state", "on");

        // Removed in the list, this device is off, and its subscription gone.
        await section.GetByRole(AriaRole.Button, new() { Name = "Remove Computer, Chrome" }).ClickAsync();
        await Expect(section).ToHaveAttributeAsync("data-state", "off");
        await Expect(section.Locator("h2")).ToBeFocusedAsync();
        await Expect(section.Locator("[data-device]")).ToHaveCountAsync(0);
        Assert.Null(await page.EvaluateAsync<string?>("() => localStorage.getItem('stand-in')"));
        await section.GetByRole(AriaRole.Button, new() { Name = "Turn on notifications" }).ClickAsync();
        await Expect(section.Locator("[data-device]")).ToHaveCountAsync(1);
        await section.GetByRole(AriaRole.Button, new() { Name = "Turn off notifications" }).ClickAsync();
        await Expect(section).ToHaveAttributeAsync("data-state", "off");
        await Expect(section.Locator("[data-device]")).ToHaveCountAsync(0);
        await Expect(section.GetByRole(AriaRole.Button, new() { Name = "Turn on notifications" })).ToBeFocusedAsync();
        Assert.Empty((await server.Get<PushDeviceService>().GetAsync(await ActorAsync(Jonas))).Value.Devices);

        // What the browser refuses leaves nothing behind, not even a note.
        await page.EvaluateAsync("() => { window.breaks = true; }");
        await section.GetByRole(AriaRole.Button, new() { Name = "Turn on notifications" }).ClickAsync();
        await Expect(section.Locator("[data-failed]")).ToContainTextAsync("did not work");
        await page.EvaluateAsync("() => { window.breaks = false; }");
        Assert.Null(await page.EvaluateAsync<string?>("() => localStorage.getItem('hub-push')"));

        // Subscribed for a key that the hub has no more, or on a page that went away before it was done: it is off, and nothing is left.
        foreach (var broken in new[] { "localStorage.setItem('stand-in-key', JSON.stringify(Array(65).fill(4)))", "localStorage.setItem('hub-push', JSON.stringify({ person: document.documentElement.dataset.person, device: null }))" })
        {
            await section.GetByRole(AriaRole.Button, new() { Name = "Turn on notifications" }).ClickAsync();
            await Expect(section).ToHaveAttributeAsync("data-state", "on");
            await page.EvaluateAsync($"() => {{ {broken}; }}");
            await page.ReloadAsync();
            await Expect(section).ToHaveAttributeAsync("data-state", "off");
            Assert.True(await page.EvaluateAsync<bool>("() => localStorage.getItem('stand-in') === null && localStorage.getItem('hub-push') === null"));
        }
        foreach (var device in (await server.Get<PushDeviceService>().GetAsync(await ActorAsync(Jonas))).Value.Devices) await server.Get<PushDeviceService>().RemoveAsync(await ActorAsync(Jonas), device.Id);

        // The choice for all devices is saved with the form.
        await page.Locator("[name=push]").UncheckAsync();
        await page.Locator("main [type=submit]").ClickAsync();
        await Expect(page.Locator("[data-said]")).ToHaveTextAsync("Saved.");
        await page.ReloadAsync();
        await Expect(page.Locator("[name=push]")).Not.ToBeCheckedAsync();
        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task What_is_read_elsewhere_is_taken_away_and_who_signs_out_is_told_nothing_more()
    {
        var (amara, jonas) = (await ActorAsync(Amara), await ActorAsync(Jonas));
        var page = await SignInAsync(Jonas);
        await page.GotoAsync(server.Address + "/inbox/preferences");
        var section = page.Locator("section.devices");
        await Expect(section).ToHaveAttributeAsync("data-state", "off");
        await section.GetByRole(AriaRole.Button, new() { Name = "Turn on notifications" }).ClickAsync();
        await Expect(section).ToHaveAttributeAsync("data-state", "on");

        var channel = (await server.Get<ChatService>().CreateChannelAsync(amara, new NewChannel("push-journey", People: [jonas.PersonId]))).Value.Id;
        await server.Get<MessageService>().PostAsync(amara, channel, Guid.NewGuid(), "@Jonas Berg look");
        await server.Get<DueWorker>().WorkAsync();
        var entry = (await server.Get<InboxService>().ListAsync(jonas, InboxView.Unread)).Value.Items.First(e => e.ConversationId == channel);
        // The page knows of it: what came and went in one delivery would be no news.
        var unread = (await server.Get<InboxService>().ListAsync(jonas, InboxView.Unread)).Value.Items.Count;
        await Expect(page.Locator(".rail a[href='/inbox']")).ToContainTextAsync($"{unread} unread");
        // Two are shown: this one, and one that was read before.
        await page.EvaluateAsync("ids => { window.shown = ids.map(tag => ({ tag, close() { window.shown = window.shown.filter(s => s.tag !== tag); } })); }", new[] { entry.Id.ToString(), Guid.NewGuid().ToString() });
        // The first time the browser does not do it: the next news of anything has it done.
        await page.EvaluateAsync("() => { const of = ServiceWorkerRegistration.prototype.getNotifications; ServiceWorkerRegistration.prototype.getNotifications = async () => { ServiceWorkerRegistration.prototype.getNotifications = of; window.tried = true; throw new Error('no answer'); }; }");
        await server.Get<ChatService>().ReadAsync(jonas, channel, 1);
        await page.WaitForFunctionAsync("() => window.tried");
        await server.Get<MessageService>().PostAsync(amara, channel, Guid.NewGuid(), "by the way");
        await page.WaitForFunctionAsync("() => window.shown.length === 0");

        await page.GotoAsync(server.Address + "/");
        await page.Locator(".hub[data-live]").WaitForAsync();
        Assert.NotNull(await page.EvaluateAsync<string?>("() => localStorage.getItem('stand-in')"));
        await page.EvaluateAsync("() => document.querySelector('form[action=\"/signin/out\"]').requestSubmit()");
        await page.WaitForURLAsync(server.Address + "/signin");
        await page.WaitForFunctionAsync("() => localStorage.getItem('stand-in') === null && localStorage.getItem('hub-push') === null");
        Assert.Empty((await server.Get<PushDeviceService>().GetAsync(jonas)).Value.Devices);

        // One of which no note tells whose it is, is nobody's.
        await page.EvaluateAsync("() => localStorage.setItem('stand-in', 'x')");
        await page.ReloadAsync();
        await page.WaitForFunctionAsync("() => localStorage.getItem('stand-in') === null");
        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task A_notification_that_is_pressed_while_the_connection_is_lost_opens_when_it_is_back()
    {
        var page = await SignInAsync(Jonas);
        await page.EvaluateAsync("async () => { await import('/js/push.js'); window.here = true; }");
        await page.Context.SetOfflineAsync(true);
        await page.EvaluateAsync("() => Blazor._internal.forceCloseConnection()");
        await Expect(page.Locator("html[data-offline]")).ToHaveCountAsync(1);
        await page.EvaluateAsync("() => { navigator.serviceWorker.dispatchEvent(new MessageEvent('message', { data: { open: '/inbox?show=mentions' } })); }");
        await Expect(page).ToHaveURLAsync(server.Address + "/");
        await page.Context.SetOfflineAsync(false);
        await Expect(page).ToHaveURLAsync(server.Address + "/inbox?show=mentions");
        await Expect(page.Locator(".inbox h1")).ToBeVisibleAsync();
        Assert.True(await page.EvaluateAsync<bool>("() => window.here"));
        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task The_worker_shows_what_is_pushed_and_opens_it_in_the_page_that_is_there()
    {
        var page = await SignInAsync(Jonas);
        var script = await page.EvaluateAsync<string>("async () => (await fetch('/push-worker.js')).text()");
        await page.EvaluateAsync($$"""
            () => {
              const heard = {}, addEventListener = (name, f) => { heard[name] = f; }, skipWaiting = () => {};
              const done = window.done = { shown: [], told: [], opened: [] };
              const registration = { showNotification: async (title, more) => { done.shown.push({ title, ...more }); } };
              const clients = { matchAll: async () => window.pages, openWindow: async to => { done.opened.push(to); } };
              window.pages = [];
              window.fire = async (name, e) => { const waits = []; heard[name]({ ...e, waitUntil: p => waits.push(p) }); await Promise.all(waits); };
              {{script}}
            }
            """);
        var told = new { id = Guid.NewGuid().ToString(), title = "Amara Osei wrote to you", text = "Hello", address = "/inbox?show=mentions" };
        await page.EvaluateAsync("told => fire('push', { data: { json: () => told } })", told);
        Assert.Equal($$"""[{"title":"{{told.title}}","body":"{{told.text}}","tag":"{{told.id}}","renotify":true,"data":"{{told.address}}"}]""", await page.EvaluateAsync<string>("() => JSON.stringify(done.shown)"));

        // No page is there: a new one. One is: it goes there and comes to the front. Elsewhere: nothing.
        const string Press = "to => fire('notificationclick', { notification: { data: to, close() { done.closed = true; } } })";
        await page.EvaluateAsync(Press, told.address);
        Assert.Equal([server.Address + told.address], await page.EvaluateAsync<string[]>("() => done.opened"));
        await page.EvaluateAsync("() => { pages = ['hidden', 'visible'].map(state => ({ visibilityState: state, postMessage: m => done.told.push([state, m]), focus: async () => { done.focused = state; } })); }");
        await page.EvaluateAsync(Press, told.address);
        await page.EvaluateAsync(Press, "https://elsewhere.example/inbox");
        Assert.Equal($$"""[["visible",{"open":"{{told.address}}"}]]""", await page.EvaluateAsync<string>("() => JSON.stringify(done.told)"));
        Assert.Equal("visible true 1", await page.EvaluateAsync<string>("() => `${done.focused} ${done.closed} ${done.opened.length}`"));

        await page.EvaluateAsync("async to => { await import('/js/push.js'); navigator.serviceWorker.dispatchEvent(new MessageEvent('message', { data: { open: to } })); }", told.address);
        await Expect(page).ToHaveURLAsync(server.Address + told.address);
        await Expect(page.Locator(".inbox h1")).ToBeVisibleAsync();
        Assert.Equal("visible", await page.EvaluateAsync<string>("() => done.focused"));
        await page.Context.CloseAsync();
    }

    private async Task<Actor> ActorAsync(string email) => (await server.Get<PeopleService>().ActorByEmailAsync(email))!;

    private async Task<IPage> SignInAsync(string email)
    {
        var page = await server.SignInAsync(email);
        await page.AddInitScriptAsync(Subscribes);
        return page;
    }
}
