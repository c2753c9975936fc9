using System.Globalization;
using Hub.Domain;
using Hub.Domain.Chat;
using Hub.Domain.Notifications;
using Hub.Domain.People;
using Hub.Domain.Storage;
using Hub.Tests.Api;
using Hub.Tests.Storage;
using Hub.Web.Integrations.Push;
using Hub.Tests.Faults;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Hub.Tests.Notifications;

/// <summary>What devices are told, as a push service gets it.</summary>
public sealed class PushTests
{
    private static readonly TimeSpan Soon = PushWork.Delay + TimeSpan.FromSeconds(1);

    [Theory, Databases]
    public async Task What_comes_is_told_to_each_device_and_of_a_marked_conversation_not_a_word(string provider)
    {
        await using var server = await PushServer.StartAsync();
        await using var hub = await TestHub.StartAsync(provider, server.AddTo);
        var (chat, devices) = (hub.Get<ChatService>(), hub.Get<PushDeviceService>());
        var phone = (await devices.AddAsync(hub.Jonas, server.Subscribe())).Value;
        await devices.AddAsync(hub.Jonas, server.Subscribe(PresenceDevice.Desktop, "Edge"));
        await devices.AddAsync(hub.Stranger, server.Subscribe());
        var channel = (await chat.CreateChannelAsync(hub.Amara, new NewChannel("harbour", People: [hub.Jonas.PersonId]))).Value.Id;
        var marked = (await chat.CreateChannelAsync(hub.Amara, new NewChannel("op-lantern", People: [hub.Jonas.PersonId]) { Marking = "OFFICIAL-SENSITIVE" })).Value.Id;
        var direct = (await chat.OpenDirectAsync(hub.Amara, hub.Jonas.PersonId)).Value.Conversation.Id;
        await SayAsync(hub, channel, "@Jonas Berg the <gate> is **open**");
        await SayAsync(hub, marked, "@Jonas Berg nobody outside may know");
        await SayAsync(hub, direct, "Are you there?");
        await SayAsync(hub, direct, "Hello?");
        await WorkAsync(hub, PushWork.Delay - TimeSpan.FromSeconds(2));
        Assert.Equal(0, server.Asked);

        await WorkAsync(hub, TimeSpan.FromSeconds(3));
        var entries = (await hub.Get<InboxService>().ListAsync(hub.Jonas)).Value.Items.ToDictionary(e => e.Id.ToString());
        Assert.Equal(6, server.Taken.Count);
        Assert.Equal(2, server.Taken.Select(t => t.Device).Distinct().Count());
        Assert.All(server.Taken, t => Assert.Equal((t.Read.Text("id").Replace("-", "", StringComparison.Ordinal), "high", true, entries[t.Read.Text("id")].Address),
            (t.Topic, t.Urgency, t.Ttl is > 14_300 and <= 14_400 && t.Expires > hub.Clock.GetUtcNow() && t.Expires < hub.Clock.GetUtcNow().AddHours(24), t.Read.Text("address"))));
        foreach (var of in server.Taken.GroupBy(t => t.Device))
            Assert.Equal([("1 new message in a marked conversation", ""), ("2 new messages from Amara Osei", "Hello?"), ("Amara Osei mentioned you in harbour", "@Jonas Berg the <gate> is open")],
                of.Select(t => (t.Read.Text("title"), t.Read.Text("text"))).Order());
        Assert.All(server.Taken, t => Assert.DoesNotContain("lantern", t.Told, StringComparison.Ordinal));
        Assert.All(server.Taken.Where(t => t.Read.Text("text").Length == 0), t => Assert.DoesNotContain("Amara", t.Told, StringComparison.Ordinal));
        Assert.Equal(phone.Id, (await devices.GetAsync(hub.Jonas)).Value.Devices.First(d => d is { LastSucceededAt: not null, Browser: "Firefox" }).Id);

        // Read meanwhile, anywhere, or deleted, is not told; once read it is told again when it is new again.
        await SayAsync(hub, channel, "@Jonas Berg again");
        await SayAsync(hub, direct, "And now?");
        await chat.ReadAsync(hub.Jonas, channel, 99);
        await chat.ReadAsync(hub.Jonas, direct, 99);
        await WorkAsync(hub, Soon);
        Assert.Equal(6, server.Asked);
        await SayAsync(hub, direct, "Well?");
        await WorkAsync(hub, Soon);
        Assert.Equal(["Amara Osei wrote to you", "Amara Osei wrote to you"], server.Taken.Skip(6).Select(t => t.Read.Text("title")));
        await hub.Get<PreferenceService>().SaveAsync(hub.Jonas, byMail: true, [], byPush: false);
        await SayAsync(hub, direct, "Nobody hears this");
        await WorkAsync(hub, Soon);
        Assert.Equal(8, server.Asked);
        Assert.False(await WaitingAsync(hub));
        await hub.Get<PreferenceService>().SaveAsync(hub.Jonas, byMail: true, []);
        Assert.False((await hub.Get<PreferenceService>().GetAsync(hub.Jonas)).Value.Push);
    }

    [Theory, Databases]
    public async Task Who_is_at_a_page_or_has_quiet_is_left_alone(string provider)
    {
        await using var server = await PushServer.StartAsync();
        await using var hub = await TestHub.StartAsync(provider, server.AddTo);
        await hub.Get<PushDeviceService>().AddAsync(hub.Jonas, server.Subscribe());
        var (board, session, own) = (hub.Get<PresenceBoard>(), Guid.NewGuid(), hub.Get<AvailabilityService>());
        var direct = (await hub.Get<ChatService>().OpenDirectAsync(hub.Amara, hub.Jonas.PersonId)).Value.Conversation.Id;
        board.Tell(session, hub.Jonas.PersonId, PresenceDevice.Desktop, away: false);
        await SayAsync(hub, direct, "You see this on the page");
        await WorkAsync(hub, Soon);
        Assert.Equal(0, server.Asked);
        // They have left it without reading.
        board.Tell(session, hub.Jonas.PersonId, PresenceDevice.Desktop, away: true);
        await WorkAsync(hub, PushWork.Again);
        Assert.Single(server.Taken);
        // Who stays at the page and does not read it does so on purpose.
        board.Tell(session, hub.Jonas.PersonId, PresenceDevice.Desktop, away: false);
        await SayAsync(hub, direct, "And this");
        for (var minute = 0; minute < 17; minute++) await WorkAsync(hub, PushWork.Again);
        Assert.False(await WaitingAsync(hub));
        board.Tell(session, hub.Jonas.PersonId, PresenceDevice.Desktop, away: true);

        Assert.True((await own.SetAsync(hub.Jonas, new AvailabilityChange(OwnState.DoNotDisturb, hub.Clock.Now().AddHours(2)))).Ok);
        await SayAsync(hub, direct, "Not now");
        await WorkAsync(hub, Soon);
        Assert.False(await WaitingAsync(hub));
        Assert.True((await own.AllowAsync(hub.Jonas, hub.Amara.PersonId)).Ok);
        await SayAsync(hub, direct, "It is urgent");
        await WorkAsync(hub, Soon);
        Assert.Equal(2, server.Taken.Count);
        await hub.Get<ReminderService>().CreateAsync(hub.Jonas, new NewReminder(hub.Clock.Now().AddMinutes(1), Note: "Not now either"));
        await WorkAsync(hub, TimeSpan.FromMinutes(1));
        await WorkAsync(hub, Soon);
        Assert.Equal(2, server.Asked);
        await hub.Get<ReminderService>().CreateAsync(hub.Jonas, new NewReminder(hub.Clock.Now().AddHours(3), Note: "Call the garage"));
        await WorkAsync(hub, TimeSpan.FromHours(3));
        await WorkAsync(hub, Soon);
        Assert.Equal(("Reminder: Call the garage", "", "/chat/later"), server.Taken[^1].Read is var told ? (told.Text("title"), told.Text("text"), told.Text("address")) : default);
    }

    [Theory, Databases]
    public async Task What_the_push_service_answers_is_heeded(string provider)
    {
        await using var server = await PushServer.StartAsync();
        await using var hub = await TestHub.StartAsync(provider, server.AddTo);
        var devices = hub.Get<PushDeviceService>();
        var (lost, kept) = (server.Subscribe(), server.Subscribe());
        foreach (var device in new[] { lost, kept }) Assert.True((await devices.AddAsync(hub.Jonas, device)).Ok);
        var direct = (await hub.Get<ChatService>().OpenDirectAsync(hub.Amara, hub.Jonas.PersonId)).Value.Conversation.Id;

        // One has unsubscribed: it is forgotten, and the other is told.
        server.Answers = d => lost.Target.Endpoint.EndsWith(d, StringComparison.Ordinal) ? (410, null) : null;
        await SayAsync(hub, direct, "one");
        await WorkAsync(hub, Soon);
        Assert.Single(server.Taken);
        Assert.Single((await devices.GetAsync(hub.Jonas)).Value.Devices);

        // It is busy, and says for how long; then it only is.
        server.Answers = _ => (429, "120");
        await SayAsync(hub, direct, "two");
        await WorkAsync(hub, Soon);
        server.Answers = _ => (503, null);
        Assert.Equal(3, server.Asked);
        await WorkAsync(hub, TimeSpan.FromSeconds(118));
        Assert.Equal(3, server.Asked);
        await WorkAsync(hub, TimeSpan.FromSeconds(3));
        Assert.Equal(4, server.Asked);
        await using (var db = await hub.Hub.CreateDbContextAsync())
            Assert.Equal((nameof(TryLaterException), 2), await db.DueWork.Where(w => w.Kind == PushDeviceWork).Select(w => new { w.LastError, w.Attempts }).SingleAsync() is var row ? (row.LastError, row.Attempts) : default);
        server.Answers = _ => (429, hub.Clock.GetUtcNow().AddSeconds(300).ToString("r", CultureInfo.InvariantCulture));
        await WorkAsync(hub, TimeSpan.FromSeconds(21));
        server.Answers = _ => null;
        await WorkAsync(hub, TimeSpan.FromSeconds(290));
        Assert.Equal(5, server.Asked);
        await WorkAsync(hub, TimeSpan.FromSeconds(12));
        Assert.Equal(["Amara Osei wrote to you", "2 new messages from Amara Osei"], server.Taken.Select(t => t.Read.Text("title")));

        // What it will never take is not offered again, and nobody is followed elsewhere; the device stays.
        foreach (var status in new[] { 413, 400, 403, 307 })
        {
            server.Answers = _ => (status, null);
            await SayAsync(hub, direct, $"{status}");
            await WorkAsync(hub, Soon);
            Assert.False(await WaitingAsync(hub));
        }
        Assert.Equal((10, 2), (server.Asked, server.Taken.Count));
        Assert.Single((await devices.GetAsync(hub.Jonas)).Value.Devices);

        // What was not taken in hours is late.
        server.Answers = _ => (503, null);
        await SayAsync(hub, direct, "late");
        await WorkAsync(hub, Soon);
        server.Answers = _ => null;
        await WorkAsync(hub, PushWork.Fresh);
        Assert.Equal((11, false), (server.Asked, await WaitingAsync(hub)));
    }

    [Theory, Databases]
    public async Task Whenever_a_node_dies_the_device_is_told_and_shows_it_once(string provider)
    {
        await using var server = await PushServer.StartAsync();
        await using var hub = await TestHub.StartAsync(provider, s =>
        {
            server.AddTo(s);
            Holder.AddTo(s);
        });
        await hub.Get<PushDeviceService>().AddAsync(hub.Jonas, server.Subscribe());
        var direct = (await hub.Get<ChatService>().OpenDirectAsync(hub.Amara, hub.Jonas.PersonId)).Value.Conversation.Id;
        var (node, other, holder) = (hub.Get<DueWorker>(), hub.AnotherNode().GetRequiredService<DueWorker>(), hub.Get<Holder>());
        var (died, told) = (0, 0);
        for (var lives = true; lives; died++)
        {
            Assert.True(died < 150, "It dies at every step and never gets through.");
            await hub.Get<ChatService>().ReadAsync(hub.Jonas, direct, long.MaxValue - 1);
            await SayAsync(hub, direct, $"step {died}");
            hub.Clock.Advance(Soon);
            holder.DiesAt(died);
            // One kind after the other: the steps are counted.
            foreach (var kind in new[] { "notifications.push", PushDeviceWork }) await holder.LiveAsync(() => node.WorkAsync(kind));
            lives = holder.Dead;
            holder.DiesAt(int.MaxValue);
            for (var again = 0; again < 3; again++)
            {
                hub.Clock.Advance(DueWorker.Lease + TimeSpan.FromSeconds(1));
                while (await other.WorkAsync() > 0)
                {
                }
            }
            // Told twice where it died after the push service took it: with the same tag, so that it is shown in the place of the first.
            var now = server.Taken.Skip(told).ToList();
            Assert.InRange(now.Count, 1, 2);
            Assert.Single(now.Select(t => (t.Topic, t.Read.Text("id"), t.Read.Text("text"))).Distinct());
            Assert.Equal($"step {died}", now[0].Read.Text("text"));
            Assert.False(await WaitingAsync(hub));
            told += now.Count;
        }
        Assert.InRange(died, 30, 140);
    }

    [Theory, Databases]
    public async Task A_device_is_its_owners_alone_and_goes_to_whoever_turned_it_on_last(string provider)
    {
        await using var server = await PushServer.StartAsync();
        await using var hub = await TestHub.StartAsync(provider, server.AddTo);
        var devices = hub.Get<PushDeviceService>();
        var sound = server.Subscribe();
        var (target, long1000) = (sound.Target, new string('x', 1000));
        foreach (var (wrong, code) in new[]
        {
            (target with { Endpoint = "" }, "push.endpoint"), (target with { Endpoint = "/push/x" }, "push.endpoint"), (target with { Endpoint = target.Endpoint.Replace("https", "http", StringComparison.Ordinal) }, "push.endpoint"),
            (target with { Endpoint = $"https://me@{server.Host}/x" }, "push.endpoint"), (target with { Endpoint = $"https://{server.Host}/ x" }, "push.endpoint"), (target with { Endpoint = $"https://{server.Host}/\0" }, "push.endpoint"),
            (target with { Endpoint = "https://127.0.0.1/x" }, "push.endpoint.host"), (target with { Endpoint = "https://10.0.0.1/x" }, "push.endpoint.host"), (target with { Endpoint = "https://fcm.googleapis.com/x" }, "push.endpoint.host"),
            (target with { Endpoint = $"https://{server.Host}/{long1000}" }, "push.endpoint.long"), (target with { P256dh = "" }, "push.key"), (target with { P256dh = new string('A', 87) }, "push.key"),
            (target with { P256dh = "B" + new string('A', 86) }, "push.key"), (target with { Auth = "" }, "push.auth"), (target with { Auth = "AAAA" }, "push.auth"),
        })
            Assert.Equal((RefusalKind.Invalid, code), (await devices.AddAsync(hub.Jonas, sound with { Target = wrong })).Refusal is { } r ? (r.Kind, r.Code) : default);

        var first = (await devices.AddAsync(hub.Jonas, sound)).Value;
        Assert.Equal(first, (await devices.AddAsync(hub.Jonas, sound)).Value);
        foreach (var who in new[] { hub.Amara, hub.Stranger })
        {
            Assert.Equal(RefusalKind.NotFound, (await devices.RemoveAsync(who, first.Id)).Refusal!.Kind);
            Assert.Empty((await devices.GetAsync(who)).Value.Devices);
        }
        for (var i = 1; i < PushDeviceService.Most; i++) Assert.True((await devices.AddAsync(hub.Jonas, server.Subscribe(browser: new string('x', 50)))).Ok);
        Assert.Equal((RefusalKind.Conflict, "push.most"), (await devices.AddAsync(hub.Jonas, server.Subscribe())).Refusal is { } full ? (full.Kind, full.Code) : default);

        // Somebody else has signed in there: what Jonas is told is not shown to them.
        var theirs = (await devices.AddAsync(hub.Amara, sound)).Value;
        Assert.NotEqual(first.Id, theirs.Id);
        Assert.DoesNotContain((await devices.GetAsync(hub.Jonas)).Value.Devices, d => d.Id == first.Id);
        foreach (var d in (await devices.GetAsync(hub.Jonas)).Value.Devices) Assert.True((await devices.RemoveAsync(hub.Jonas, d.Id)).Ok);
        var direct = (await hub.Get<ChatService>().OpenDirectAsync(hub.Amara, hub.Jonas.PersonId)).Value.Conversation.Id;
        await SayAsync(hub, direct, "for nobody");
        await WorkAsync(hub, Soon);
        Assert.Equal((0, false), (server.Asked, await WaitingAsync(hub)));

        await hub.Get<DirectoryService>().LeaveAsync(hub.Amara.PersonId);
        Assert.Equal(RefusalKind.NotFound, (await devices.AddAsync(hub.Amara, server.Subscribe())).Refusal!.Kind);
        await hub.Get<DueWorker>().PlanAsync();
        await WorkAsync(hub, TimeSpan.FromSeconds(1));
        await using var db = await hub.Hub.CreateDbContextAsync();
        Assert.False(await db.PushDevices.AnyAsync());
    }

    [Theory, Databases]
    public async Task A_push_service_that_is_no_longer_allowed_gets_nothing(string provider)
    {
        await using var server = await PushServer.StartAsync();
        var services = new List<PushSettings> { server.Settings() };
        await using var hub = await TestHub.StartAsync(provider, s => s.AddLocalization().AddSingleton(services[0]).AddPush<WebPush>());
        Assert.True((await hub.Get<PushDeviceService>().AddAsync(hub.Jonas, server.Subscribe())).Ok);
        services[0] = server.Settings("push.example");
        var narrower = hub.AnotherNode();
        var direct = (await hub.Get<ChatService>().OpenDirectAsync(hub.Amara, hub.Jonas.PersonId)).Value.Conversation.Id;
        await SayAsync(hub, direct, "hello");
        hub.Clock.Advance(Soon);
        while (await narrower.GetRequiredService<DueWorker>().WorkAsync() > 0)
        {
        }
        Assert.Equal(0, server.Asked);
        Assert.Empty((await hub.Get<PushDeviceService>().GetAsync(hub.Jonas)).Value.Devices);
    }

    [Theory, Databases]
    public async Task What_comes_while_a_device_is_told_or_after_it_was_given_up_is_told_too(string provider)
    {
        await using var server = await PushServer.StartAsync();
        await using var hub = await TestHub.StartAsync(provider, server.AddTo);
        await hub.Get<PushDeviceService>().AddAsync(hub.Jonas, server.Subscribe());
        var other = hub.AnotherNode().GetRequiredService<DueWorker>();
        var direct = (await hub.Get<ChatService>().OpenDirectAsync(hub.Amara, hub.Jonas.PersonId)).Value.Conversation.Id;
        // The push service takes its time with the first; meanwhile another node decides about the second.
        server.Meanwhile = async () =>
        {
            server.Meanwhile = () => Task.CompletedTask;
            await SayAsync(hub, direct, "two");
            hub.Clock.Advance(Soon);
            await other.WorkAsync("notifications.push");
        };
        await SayAsync(hub, direct, "one");
        await WorkAsync(hub, Soon);
        Assert.Equal(["Amara Osei wrote to you", "2 new messages from Amara Osei"], server.Taken.Select(t => t.Read.Text("title")));
        Assert.False(await WaitingAsync(hub));

        await using var db = await hub.Hub.CreateDbContextAsync();
        foreach (var kind in new[] { "notifications.push", PushDeviceWork })
        {
            await SayAsync(hub, direct, "lost");
            server.Answers = _ => (503, null);
            if (kind == PushDeviceWork) await WorkAsync(hub, Soon);
            server.Answers = _ => null;
            var given = hub.Clock.Now();
            Assert.Equal(1, await db.DueWork.Where(w => w.Kind == kind).ExecuteUpdateAsync(s => s.SetProperty(w => w.DeadAt, given).SetProperty(w => w.Attempts, DueWorker.MostAttempts)));
            var told = server.Taken.Count;
            await WorkAsync(hub, TimeSpan.FromHours(1));
            Assert.Equal(told, server.Taken.Count);
            await SayAsync(hub, direct, kind);
            await WorkAsync(hub, Soon);
            Assert.Equal(kind, Assert.Single(server.Taken.Skip(told)).Read.Text("text"));
            Assert.False(await WaitingAsync(hub));
        }
    }

    [Theory, Databases]
    public async Task A_node_without_keys_leaves_it_to_those_that_have(string provider)
    {
        await using var server = await PushServer.StartAsync();
        var keys = true;
        await using var hub = await TestHub.StartAsync(provider, s =>
        {
            if (keys) server.AddTo(s);
        });
        keys = false;
        var without = hub.AnotherNode().GetRequiredService<DueWorker>();
        await hub.Get<PushDeviceService>().AddAsync(hub.Jonas, server.Subscribe());
        var direct = (await hub.Get<ChatService>().OpenDirectAsync(hub.Amara, hub.Jonas.PersonId)).Value.Conversation.Id;
        await SayAsync(hub, direct, "hello");
        hub.Clock.Advance(Soon);
        while (await without.WorkAsync() > 0)
        {
        }
        Assert.True(await WaitingAsync(hub));
        await hub.Get<DueWorker>().WorkAsync("notifications.push");
        while (await without.WorkAsync() > 0)
        {
        }
        Assert.True(await WaitingAsync(hub));
        await WorkAsync(hub, TimeSpan.Zero);
        Assert.Single(server.Taken);
        // When none has any more, it waits for a day.
        await SayAsync(hub, direct, "and now");
        hub.Clock.Advance(TimeSpan.FromHours(25));
        await without.PlanAsync();
        while (await without.WorkAsync() > 0)
        {
        }
        Assert.False(await WaitingAsync(hub));
        Assert.Single(server.Taken);
    }

    [Theory, Databases]
    public async Task Who_always_reaches_somebody_does_so_whoever_writes_after_them(string provider)
    {
        await using var server = await PushServer.StartAsync();
        await using var hub = await TestHub.StartAsync(provider, server.AddTo);
        await hub.Get<PushDeviceService>().AddAsync(hub.Jonas, server.Subscribe());
        var cass = await hub.AddPersonAsync("Cass Rowe", "cass.rowe@northbridge.example");
        var channel = (await hub.Get<ChatService>().CreateChannelAsync(hub.Amara, new NewChannel("harbour", People: [hub.Jonas.PersonId, cass.PersonId]))).Value.Id;
        Assert.True((await hub.Get<PreferenceService>().ChooseAsync(hub.Jonas, channel, MemberAlerts.Everything)).Ok);
        Assert.True((await hub.Get<AvailabilityService>().SetAsync(hub.Jonas, new AvailabilityChange(OwnState.DoNotDisturb, hub.Clock.Now().AddHours(2)))).Ok);
        Assert.True((await hub.Get<AvailabilityService>().AllowAsync(hub.Jonas, hub.Amara.PersonId)).Ok);
        await SayAsync(hub, channel, "Nothing much", cass);
        await WorkAsync(hub, Soon);
        Assert.Equal((0, false), (server.Asked, await WaitingAsync(hub)));
        await SayAsync(hub, channel, "It is urgent");
        await SayAsync(hub, channel, "It is", cass);
        server.Answers = _ => (503, null);
        await WorkAsync(hub, Soon);
        Assert.Equal(1, server.Asked);
        server.Answers = _ => null;
        await WorkAsync(hub, Soon);
        Assert.Equal("It is", Assert.Single(server.Taken).Read.Text("text"));
        // What comes later is somebody else's alone.
        await SayAsync(hub, channel, "Lunch?", cass);
        await WorkAsync(hub, Soon);
        Assert.Equal((2, false), (server.Asked, await WaitingAsync(hub)));
    }

    [Theory, Databases]
    public async Task Who_glances_at_the_hub_while_it_is_delivered_is_told_when_they_have_left(string provider)
    {
        await using var server = await PushServer.StartAsync();
        await using var hub = await TestHub.StartAsync(provider, server.AddTo);
        foreach (var _ in new[] { 1, 2 }) await hub.Get<PushDeviceService>().AddAsync(hub.Jonas, server.Subscribe());
        var (board, session) = (hub.Get<PresenceBoard>(), Guid.NewGuid());
        var direct = (await hub.Get<ChatService>().OpenDirectAsync(hub.Amara, hub.Jonas.PersonId)).Value.Conversation.Id;
        await SayAsync(hub, direct, "hello");
        hub.Clock.Advance(Soon);
        await hub.Get<DueWorker>().WorkAsync("notifications.push");
        board.Tell(session, hub.Jonas.PersonId, PresenceDevice.Desktop, away: false);
        await WorkAsync(hub, TimeSpan.Zero);
        Assert.Equal((0, true), (server.Asked, await WaitingAsync(hub)));
        board.Tell(session, hub.Jonas.PersonId, PresenceDevice.Desktop, away: true);
        await WorkAsync(hub, PushWork.Again + TimeSpan.FromSeconds(1));
        Assert.Equal((2, false), (server.Taken.Count, await WaitingAsync(hub)));
    }

    [Theory, Databases]
    public async Task A_device_that_subscribed_for_another_key_is_forgotten(string provider)
    {
        await using var server = await PushServer.StartAsync();
        var services = new List<PushSettings> { server.Settings() };
        await using var hub = await TestHub.StartAsync(provider, s => s.AddLocalization().AddSingleton(services[0]).AddPush<WebPush>());
        var device = server.Subscribe();
        Assert.True((await hub.Get<PushDeviceService>().AddAsync(hub.Jonas, device)).Ok);
        services[0] = services[0] with { PublicKey = PushSettings.NewKeys().Split('\n')[0].Split('=')[1] };
        var other = hub.AnotherNode();
        var direct = (await hub.Get<ChatService>().OpenDirectAsync(hub.Amara, hub.Jonas.PersonId)).Value.Conversation.Id;
        await SayAsync(hub, direct, "hello");
        hub.Clock.Advance(Soon);
        while (await other.GetRequiredService<DueWorker>().WorkAsync() > 0)
        {
        }
        Assert.Equal(0, server.Asked);
        Assert.Empty((await hub.Get<PushDeviceService>().GetAsync(hub.Jonas)).Value.Devices);
        // Turned on anew it is told.
        Assert.True((await hub.Get<PushDeviceService>().AddAsync(hub.Jonas, device)).Ok);
        await SayAsync(hub, direct, "hello again");
        await WorkAsync(hub, Soon);
        Assert.Single(server.Taken);
    }

    [Fact]
    public async Task A_push_service_that_is_not_well_is_left_alone_for_a_while()
    {
        await using var server = await PushServer.StartAsync();
        var closed = $"127.0.0.1:{HubProcess.FreePort()}";
        await using var hub = await TestHub.StartAsync("Sqlite", s => s.AddLocalization().AddSingleton(server.Settings($"{server.Host},{closed}")).AddPush<WebPush>());
        var push = hub.Get<IPushService>();
        var entry = new InboxEntry(Guid.NewGuid(), NotificationKind.Direct, Guid.NewGuid(), 1, "", "hello", false, new Author(hub.Amara.PersonId, "Amara Osei"), "/inbox", 1, hub.Clock.Now(), false);
        // Nobody is there: the next is not sent to look, and another push service does not suffer for it.
        var away = server.Target() with { Endpoint = $"https://{closed}/push/x" };
        await Assert.ThrowsAsync<HttpRequestException>(() => SendAsync(away));
        Assert.Equal(PushAnswer.Busy, (await SendAsync(away)).Answer);
        Assert.Equal(PushAnswer.Taken, (await SendAsync(server.Target())).Answer);
        // What it asks for holds for all, though not for long: it may mean one device.
        foreach (var (said, rests) in new[] { ((string?)null, 10), ("20", 20), ("600", 60) })
        {
            var asked = server.Asked;
            server.Answers = _ => (429, said);
            Assert.Equal((PushAnswer.Busy, int.Parse(said ?? "0", CultureInfo.InvariantCulture)), await SendAsync(server.Target()) is var (answer, after) ? (answer, (int)after.TotalSeconds) : default);
            server.Answers = _ => null;
            hub.Clock.Advance(TimeSpan.FromSeconds(rests - 2));
            Assert.Equal(PushAnswer.Busy, (await SendAsync(server.Target())).Answer);
            Assert.Equal(asked + 1, server.Asked);
            hub.Clock.Advance(TimeSpan.FromSeconds(3));
            Assert.Equal(PushAnswer.Taken, (await SendAsync(server.Target())).Answer);
        }
        Assert.Equal(TimeSpan.FromSeconds(3), Assert.IsType<SocketsHttpHandler>(PushSettings.Read(new ConfigurationBuilder().AddInMemoryCollection(PushServer.Keys.Append(KeyValuePair.Create("Push:Subject", "mailto:hub@northbridge.example")).Select(k => KeyValuePair.Create(k.Key, (string?)k.Value))).Build())!.Way()).ConnectTimeout);

        Task<PushReply> SendAsync(PushTarget to) => push.SendAsync(to, entry, TimeSpan.FromHours(1), default);
    }

    [Fact]
    public async Task Without_keys_there_is_no_device_and_nothing_waits()
    {
        await using var hub = await TestHub.StartAsync("Sqlite");
        await using var server = await PushServer.StartAsync();
        var devices = hub.Get<PushDeviceService>();
        Assert.Equal(RefusalKind.NotFound, (await devices.GetAsync(hub.Jonas)).Refusal!.Kind);
        Assert.Equal(RefusalKind.NotFound, (await devices.AddAsync(hub.Jonas, server.Subscribe())).Refusal!.Kind);
        var direct = (await hub.Get<ChatService>().OpenDirectAsync(hub.Amara, hub.Jonas.PersonId)).Value.Conversation.Id;
        await SayAsync(hub, direct, "hello");
        Assert.False(await WaitingAsync(hub));
        Assert.False((await hub.Get<PreferenceService>().GetAsync(hub.Jonas)).Value.PushPossible);
    }

    private const string PushDeviceWork = "notifications.device";

    private static async Task SayAsync(TestHub hub, Guid conversation, string text, Actor? from = null)
    {
        Assert.True((await hub.Get<MessageService>().PostAsync(from ?? hub.Amara, conversation, Guid.NewGuid(), text)).Ok);
        await hub.Get<DueWorker>().WorkAsync();
    }

    private static async Task WorkAsync(TestHub hub, TimeSpan later)
    {
        hub.Clock.Advance(later);
        while (await hub.Get<DueWorker>().WorkAsync() > 0)
        {
        }
    }

    private static async Task<bool> WaitingAsync(TestHub hub)
    {
        await using var db = await hub.Hub.CreateDbContextAsync();
        return await db.DueWork.AnyAsync(w => w.Kind == "notifications.push" || w.Kind == PushDeviceWork);
    }
}
