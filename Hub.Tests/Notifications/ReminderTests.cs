using System.Globalization;
using Hub.Domain;
using Hub.Domain.Chat;
using Hub.Domain.Live;
using Hub.Domain.Notifications;
using Hub.Domain.Storage;
using Hub.Tests.Storage;
using Hub.Web.Chat;
using Hub.Web.Integrations.Mail;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Hub.Tests.Notifications;

/// <summary>Reminders: when they come, what they show, and whose they are.</summary>
public sealed class ReminderTests
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    [Theory, Databases]
    public async Task It_comes_once_at_its_time_and_is_read_by_marking_it_alone(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var (chat, messages, reminders, inbox) = (hub.Get<ChatService>(), hub.Get<MessageService>(), hub.Get<ReminderService>(), hub.Get<InboxService>());
        var channel = (await chat.CreateChannelAsync(hub.Amara, new NewChannel("harbour", People: [hub.Jonas.PersonId]))).Value.Id;
        var message = (await messages.PostAsync(hub.Amara, channel, Guid.NewGuid(), "The **gate** code is new")).Value.Message;
        var made = (await reminders.CreateAsync(hub.Jonas, new NewReminder(hub.Clock.Now() + Hour, message.Id, " tell the night shift "))).Value;
        Assert.Equal(("tell the night shift", message.Id, "harbour", 1), (made.Note, made.Message!.Message.Id, made.Message.Conversation, made.Version));
        var free = (await reminders.CreateAsync(hub.Jonas, new NewReminder(hub.Clock.Now() + (2 * Hour), Note: "Call the garage"))).Value;
        Assert.Equal([made.Id, free.Id], (await reminders.ListAsync(hub.Jonas)).Value.Select(r => r.Id));
        await WorkAsync(hub, TimeSpan.FromMinutes(59));
        Assert.Empty((await inbox.ListAsync(hub.Jonas)).Value.Items);
        var told = new Live.Inbox();
        using var watch = await hub.Get<LiveBus>().WatchAsync(hub.Jonas, Topic.Me(hub.Jonas.PersonId), told.TakeAsync);

        hub.Clock.Advance(TimeSpan.FromMinutes(1));
        await hub.Get<DueWorker>().WorkAsync();
        // A node that died in between begins anew.
        await using (var db = await hub.Hub.CreateDbContextAsync())
        {
            db.Due(hub.Clock, "notifications.remind", made.Id.ToString(), hub.Clock.Now());
            await db.SaveChangesAsync();
        }
        await Task.WhenAll(hub.Get<DueWorker>().WorkAsync(), hub.AnotherNode().GetRequiredService<DueWorker>().WorkAsync());
        var entry = Assert.Single((await inbox.ListAsync(hub.Jonas)).Value.Items);
        Assert.Equal((NotificationKind.Reminder, "tell the night shift", "The gate code is new", "Amara Osei", "harbour", $"/chat/{channel}?at=1", 1, false),
            (entry.Kind, entry.Note, entry.Text, entry.Actor!.Name, entry.Title, entry.Address, entry.Count, entry.Read));
        await told.VersionsAsync(2);
        Assert.Equal(["later-changed", "inbox-changed"], told.Events.Select(e => e.Name));
        Assert.Equal([free.Id], (await reminders.ListAsync(hub.Jonas)).Value.Select(r => r.Id));
        await chat.ReadAsync(hub.Jonas, channel, 99);
        Assert.Equal(entry.Id, Assert.Single(await inbox.UnreadAsync(hub.Jonas)).Id);
        Assert.True((await inbox.ReadAsync(hub.Jonas, entry.Id)).Ok);
        Assert.Empty(await inbox.UnreadAsync(hub.Jonas));

        // Put off it waits again, and comes as new in the same place.
        var put = (await reminders.ChangeAsync(hub.Jonas, made.Id, new ReminderChange(1, At: hub.Clock.Now() + Hour + Hour))).Value;
        Assert.Empty((await inbox.ListAsync(hub.Jonas)).Value.Items);
        await WorkAsync(hub, Hour);
        Assert.Equal(("Call the garage", "", "/chat/later"), Assert.Single((await inbox.ListAsync(hub.Jonas)).Value.Items) is var own ? (own.Note, own.Text, own.Address) : default);
        await WorkAsync(hub, Hour);
        Assert.Equal((entry.Id, false), (await inbox.ListAsync(hub.Jonas)).Value.Items[0] is var later ? (later.Id, later.Read) : default);
        // Done with it is gone.
        Assert.True((await reminders.DiscardAsync(hub.Jonas, made.Id, put.Version)).Ok);
        Assert.Equal(["Call the garage"], (await inbox.ListAsync(hub.Jonas)).Value.Items.Select(e => e.Note));
        Assert.Empty((await inbox.ListAsync(hub.Amara)).Value.Items);
    }

    [Theory, Databases]
    public async Task It_is_its_owners_alone_and_shows_what_they_see_at_that_moment(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var (chat, messages, reminders, inbox) = (hub.Get<ChatService>(), hub.Get<MessageService>(), hub.Get<ReminderService>(), hub.Get<InboxService>());
        var channel = (await chat.CreateChannelAsync(hub.Amara, new NewChannel("closed", People: [hub.Jonas.PersonId]))).Value.Id;
        var message = (await messages.PostAsync(hub.Amara, channel, Guid.NewGuid(), "secret")).Value.Message.Id;
        var at = hub.Clock.Now() + Hour;
        foreach (var (who, what, code) in new[]
        {
            (hub.Stranger, new NewReminder(at, message), "notFound"), (hub.Jonas, new NewReminder(at, Guid.NewGuid()), "notFound"), (hub.Jonas, new NewReminder(at, Note: " "), "reminder.empty"),
            (hub.Jonas, new NewReminder(at, message, new string('x', 501)), "reminder.tooLong"), (hub.Jonas, new NewReminder(at, Note: "\0"), "text.nul"),
            (hub.Jonas, new NewReminder(hub.Clock.Now(), message), "reminder.past"), (hub.Jonas, new NewReminder(hub.Clock.Now().AddDays(367), message), "reminder.far"),
        })
            Assert.Equal(code, (await reminders.CreateAsync(who, what)).Refusal!.Code);
        var mine = (await reminders.CreateAsync(hub.Jonas, new NewReminder(at, message))).Value;
        foreach (var who in new[] { hub.Amara, hub.Stranger })
        {
            Assert.Equal(RefusalKind.NotFound, (await reminders.GetAsync(who, mine.Id)).Refusal!.Kind);
            Assert.Equal(RefusalKind.NotFound, (await reminders.ChangeAsync(who, mine.Id, new ReminderChange(1, "theirs"))).Refusal!.Kind);
            Assert.Equal(RefusalKind.NotFound, (await reminders.DiscardAsync(who, mine.Id, 1)).Refusal!.Kind);
        }
        Assert.Equal(RefusalKind.Stale, (await reminders.ChangeAsync(hub.Jonas, mine.Id, new ReminderChange(9, "x"))).Refusal!.Kind);
        Assert.Equal("mine", (await reminders.ChangeAsync(hub.Jonas, mine.Id, new ReminderChange(1, "mine"))).Value.Note);

        await hub.Get<MemberService>().RemoveAsync(hub.Amara, channel, hub.Jonas.PersonId);
        Assert.Null(Assert.Single((await reminders.ListAsync(hub.Jonas)).Value).Message);
        await WorkAsync(hub, Hour);
        var entry = Assert.Single((await inbox.ListAsync(hub.Jonas)).Value.Items);
        Assert.Equal(("mine", "", "", null, "/chat/later"), (entry.Note, entry.Text, entry.Title, entry.Actor, entry.Address));
        await hub.Get<MemberService>().InviteAsync(hub.Amara, channel, [hub.Jonas.PersonId]);
        Assert.Equal("secret", (await inbox.ListAsync(hub.Jonas)).Value.Items.Single(e => e.Kind == NotificationKind.Reminder).Text);
        await messages.DeleteAsync(hub.Amara, message, 1);
        Assert.Equal(("mine", "", true), (await inbox.ListAsync(hub.Jonas)).Value.Items.Single(e => e.Kind == NotificationKind.Reminder) is var gone ? (gone.Note, gone.Text, gone.Deleted) : default);
    }

    [Theory, Databases]
    public async Task What_is_not_read_goes_by_mail_and_of_a_marked_conversation_not_a_word(string provider)
    {
        await using var server = new SmtpServer();
        var settings = new ConfigurationBuilder().AddInMemoryCollection(new[]
        {
            ("Mail:Host", "127.0.0.1"), ("Mail:Port", server.Port.ToString(CultureInfo.InvariantCulture)), ("Mail:Security", "None"),
            ("Mail:From", "HubPortal <hub@northbridge.example>"), ("Hub:Address", "https://hub.example"),
        }.Select(s => KeyValuePair.Create(s.Item1, (string?)s.Item2))).Build();
        await using var hub = await TestHub.StartAsync(provider, s => s.AddLocalization().AddSingleton(MailSettings.Read(settings)!).AddSingleton<IDigestMail, SmtpDigests>());
        var (chat, messages, reminders, later) = (hub.Get<ChatService>(), hub.Get<MessageService>(), hub.Get<ReminderService>(), hub.Get<LaterService>());
        var open = (await chat.CreateChannelAsync(hub.Amara, new NewChannel("harbour", People: [hub.Jonas.PersonId]))).Value.Id;
        var marked = (await chat.CreateChannelAsync(hub.Amara, new NewChannel("op-lantern", People: [hub.Jonas.PersonId]) { Marking = "OFFICIAL-SENSITIVE" })).Value.Id;
        foreach (var (where, text, note) in new[] { (open, "the <gate> is open", "close it"), (marked, "nobody outside may know", "the lantern note") })
        {
            var message = (await messages.PostAsync(hub.Amara, where, Guid.NewGuid(), text)).Value.Message.Id;
            await reminders.CreateAsync(hub.Jonas, new NewReminder(hub.Clock.Now() + Hour, message, note));
            await later.ScheduleAsync(hub.Jonas, where, new NewLater(Guid.NewGuid(), $"my own words in {where}", hub.Clock.Now() + Hour));
            await hub.Get<ChannelService>().ArchiveAsync(hub.Amara, where, true);
        }
        await WorkAsync(hub, Hour);
        Assert.Empty(server.Mail);
        await WorkAsync(hub, TimeSpan.FromMinutes(16));
        var mail = Assert.Single(server.Mail);
        Assert.Equal("4 unread messages", mail.Subject);
        Assert.Contains("close it (Amara Osei: the <gate> is open)", mail.TextBody, StringComparison.Ordinal);
        Assert.Contains($"my own words in {open}", mail.TextBody, StringComparison.Ordinal);
        Assert.Contains("Your message to harbour was not sent", mail.TextBody, StringComparison.Ordinal);
        Assert.Contains("A reminder about a marked conversation", mail.TextBody, StringComparison.Ordinal);
        foreach (var text in new[] { mail.TextBody, mail.HtmlBody })
            foreach (var word in new[] { "nobody outside", "lantern", $"in {marked}" }) Assert.DoesNotContain(word, text, StringComparison.Ordinal);
        await WorkAsync(hub, TimeSpan.FromHours(3));
        Assert.Single(server.Mail);
    }

    [Theory]
    // A Saturday in winter, with and without a shift.
    [InlineData("2026-11-28T14:10:00", "2026-11-29T22:00:00", "minutes 2026-11-28T14:30, hour 2026-11-28T15:10, hours 2026-11-28T17:10, tomorrow 2026-11-29T08:00, monday 2026-11-30T08:00, shift 2026-11-29T22:00")]
    // A Sunday in summer: tomorrow is Monday.
    [InlineData("2027-06-06T22:50:00", null, "minutes 2027-06-07T00:10, hour 2027-06-07T00:50, hours 2027-06-07T02:50, tomorrow 2027-06-07T08:00")]
    // On a Monday the next one is in a week; the night before the clocks change.
    [InlineData("2027-03-22T09:00:00", null, "minutes 2027-03-22T09:20, hour 2027-03-22T10:00, hours 2027-03-22T12:00, tomorrow 2027-03-23T08:00, monday 2027-03-29T08:00")]
    public void Usual_times_are_those_of_the_place(string now, string? shift, string expected)
    {
        static DateTime At(string text) => DateTime.SpecifyKind(DateTime.Parse(text, CultureInfo.InvariantCulture), DateTimeKind.Utc);
        var times = LaterTimes.Of(At(now), shift is null ? null : At(shift));
        Assert.Equal(expected, string.Join(", ", times.Select(t => $"{t.Name} {t.Local}")));
        Assert.All(times, t => Assert.Equal((t.At, t.Local), (LaterTimes.Read(null, t.Local).Value!.Value, LaterTimes.Local(t.At))));
    }

    private static async Task WorkAsync(TestHub hub, TimeSpan later)
    {
        hub.Clock.Advance(later);
        while (await hub.Get<DueWorker>().WorkAsync() > 0)
        {
        }
    }
}
