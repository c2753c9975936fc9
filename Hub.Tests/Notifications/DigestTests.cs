using System.Globalization;
using Hub.Domain;
using Hub.Domain.Chat;
using Hub.Domain.Notifications;
using Hub.Domain.People;
using Hub.Domain.Storage;
using Hub.Tests.Storage;
using Hub.Web.Integrations.Mail;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using MimeKit;

namespace Hub.Tests.Notifications;

/// <summary>Mail for who is away, as a mail server gets it.</summary>
public sealed class DigestTests
{
    private static readonly TimeSpan Quarter = TimeSpan.FromMinutes(15.5);

    [Theory, Databases]
    public async Task What_stays_unread_for_a_quarter_of_an_hour_comes_in_one_mail_an_hour(string provider)
    {
        await using var server = new SmtpServer();
        await using var hub = await StartAsync(provider, server);
        var (chat, messages) = (hub.Get<ChatService>(), hub.Get<MessageService>());
        var channel = (await chat.CreateChannelAsync(hub.Amara, new NewChannel("harbour", People: [hub.Jonas.PersonId]))).Value.Id;
        var marked = (await chat.CreateChannelAsync(hub.Amara, new NewChannel("op-lantern", People: [hub.Jonas.PersonId]) { Marking = "OFFICIAL-SENSITIVE" })).Value.Id;
        var direct = (await chat.OpenDirectAsync(hub.Amara, hub.Jonas.PersonId)).Value.Conversation.Id;
        await SayAsync(channel, "@Jonas Berg the <gate> is open");
        await SayAsync(marked, "@Jonas Berg nobody outside may know");
        await SayAsync(direct, "Are you there?");
        await SayAsync(direct, "Hello?");
        await WorkAsync(TimeSpan.FromMinutes(14));
        Assert.Empty(server.Mail);

        await WorkAsync(TimeSpan.FromMinutes(1.5));
        var mail = Assert.Single(server.Mail);
        Assert.Equal(("4 unread messages", "jonas.berg@northbridge.example", "auto-generated"), (mail.Subject, mail.To.Mailboxes.Single().Address, mail.Headers[HeaderId.AutoSubmitted]));
        foreach (var text in new[] { mail.TextBody, mail.HtmlBody })
        {
            Assert.Contains($"https://hub.example/chat/{channel}?at=1", text, StringComparison.Ordinal);
            Assert.Contains("Hello?", text, StringComparison.Ordinal);
            Assert.Contains("1 new message in a marked conversation", text, StringComparison.Ordinal);
            Assert.DoesNotContain("nobody outside", text, StringComparison.Ordinal);
            Assert.DoesNotContain("op-lantern", text, StringComparison.Ordinal);
        }
        Assert.Contains("the <gate> is open", mail.TextBody, StringComparison.Ordinal);
        Assert.Contains("the &lt;gate&gt; is open", mail.HtmlBody, StringComparison.Ordinal);

        // Within the hour nothing more comes; after it what came since, and is still unread.
        await SayAsync(channel, "@Jonas Berg again");
        await SayAsync(direct, "And now?");
        await chat.ReadAsync(hub.Jonas, channel, 99);
        await WorkAsync(TimeSpan.FromMinutes(40));
        Assert.Single(server.Mail);
        await WorkAsync(TimeSpan.FromMinutes(21));
        Assert.Equal(2, server.Mail.Count);
        Assert.DoesNotContain("again", server.Mail.Last().TextBody, StringComparison.Ordinal);
        Assert.Contains("And now?", server.Mail.Last().TextBody, StringComparison.Ordinal);
        Assert.NotEqual(mail.MessageId, server.Mail.Last().MessageId);
        await WorkAsync(TimeSpan.FromHours(3));
        Assert.Equal(2, server.Mail.Count);

        async Task SayAsync(Guid conversation, string text)
        {
            Assert.True((await messages.PostAsync(hub.Amara, conversation, Guid.NewGuid(), text)).Ok);
            await hub.Get<DueWorker>().WorkAsync();
        }

        async Task WorkAsync(TimeSpan later)
        {
            hub.Clock.Advance(later);
            await hub.Get<DueWorker>().WorkAsync();
        }
    }

    [Theory, Databases]
    public async Task Who_reads_is_at_a_page_or_wants_none_gets_no_mail(string provider)
    {
        await using var server = new SmtpServer { Account = "hub:quokka" };
        await using var hub = await StartAsync(provider, server, "hub", "quokka");
        var (board, session) = (hub.Get<PresenceBoard>(), Guid.NewGuid());
        var direct = (await hub.Get<ChatService>().OpenDirectAsync(hub.Amara, hub.Jonas.PersonId)).Value.Conversation.Id;
        board.Tell(session, hub.Jonas.PersonId, PresenceDevice.Desktop, away: false);
        await SayAsync();
        Assert.Empty(server.Mail);
        board.Tell(session, hub.Jonas.PersonId, PresenceDevice.Desktop, away: true);
        // The server is busy: it comes later, with the same id.
        server.Busy = 1;
        hub.Clock.Advance(Quarter);
        await hub.Get<DueWorker>().WorkAsync();
        Assert.Empty(server.Mail);
        hub.Clock.Advance(TimeSpan.FromMinutes(1));
        await hub.Get<DueWorker>().WorkAsync();
        Assert.Single(server.Mail);

        await hub.Get<PreferenceService>().SaveAsync(hub.Jonas, byMail: false, []);
        hub.Clock.Advance(TimeSpan.FromHours(2));
        await SayAsync();
        await hub.Get<PreferenceService>().SaveAsync(hub.Jonas, byMail: true, []);
        // An address that the server refuses for good is not asked about again.
        server.Recipient = "550 No such user";
        await SayAsync();
        await using (var db = await hub.Hub.CreateDbContextAsync()) Assert.False(await db.DueWork.AnyAsync(w => w.Kind == "notifications.digest"));
        server.Recipient = "250 OK";
        await hub.Get<DirectoryService>().LeaveAsync(hub.Jonas.PersonId);
        hub.Clock.Advance(TimeSpan.FromHours(2));
        await hub.Get<DueWorker>().WorkAsync();
        Assert.Single(server.Mail);

        async Task SayAsync()
        {
            await hub.Get<MessageService>().PostAsync(hub.Amara, direct, Guid.NewGuid(), "hello");
            await hub.Get<DueWorker>().WorkAsync();
            hub.Clock.Advance(Quarter);
            await hub.Get<DueWorker>().WorkAsync();
        }
    }

    [Theory, Databases]
    public async Task What_a_bot_said_says_so(string provider)
    {
        await using var server = new SmtpServer();
        await using var hub = await StartAsync(provider, server);
        var channel = (await hub.Get<ChatService>().CreateChannelAsync(hub.Amara, new NewChannel("gates", People: [hub.Jonas.PersonId]))).Value.Id;
        var made = (await hub.Get<HookService>().CreateAsync(hub.Amara, channel, new NewHook(HookKind.Incoming, "Gate watch") { Wakes = true })).Value;
        var bearer = (await hub.Get<HookReceiver>().ResolveAsync(made.Hook.Id.ToString(), made.Secret))!;
        var posted = (await hub.Get<HookReceiver>().PostAsync(bearer.Bot, bearer, "@channel gate 3 is open", null, null, MentionKind.Channel)).Value.Message;
        await hub.Get<MessageService>().PostAsync(hub.Amara, channel, Guid.NewGuid(), "@Jonas Berg can you look?");
        await hub.Get<ReminderService>().CreateAsync(hub.Jonas, new NewReminder(hub.Clock.Now().AddMinutes(2), posted.Id, "Gate"));
        foreach (var pause in new[] { TimeSpan.Zero, TimeSpan.FromMinutes(2), Quarter })
        {
            hub.Clock.Advance(pause);
            while (await hub.Get<DueWorker>().WorkAsync() > 0)
            {
            }
        }
        var entries = (await hub.Get<InboxService>().ListAsync(hub.Jonas)).Value.Items;
        Assert.Equal(3, entries.Count);
        Assert.All(entries, e => Assert.Equal(e.Text == "@channel gate 3 is open", e.Actor!.Bot));
        var mail = server.Mail.Single(m => m.To.Mailboxes.Single().Address == "jonas.berg@northbridge.example");
        foreach (var text in new[] { mail.TextBody, mail.HtmlBody })
        {
            Assert.Contains("Gate watch (bot): @channel gate 3 is open", text, StringComparison.Ordinal);
            Assert.Contains("Gate (Gate watch (bot): @channel gate 3 is open)", text, StringComparison.Ordinal);
            Assert.Contains("Amara Osei: @Jonas Berg can you look?", text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Without_mail_nothing_waits_to_be_sent_and_preferences_say_so()
    {
        await using var hub = await TestHub.StartAsync("Sqlite");
        var direct = (await hub.Get<ChatService>().OpenDirectAsync(hub.Amara, hub.Jonas.PersonId)).Value.Conversation.Id;
        await hub.Get<MessageService>().PostAsync(hub.Amara, direct, Guid.NewGuid(), "hello");
        await hub.Get<DueWorker>().WorkAsync();
        await using var db = await hub.Hub.CreateDbContextAsync();
        Assert.Empty(await db.DueWork.Where(w => w.Key != "").ToListAsync());
        Assert.False((await hub.Get<PreferenceService>().GetAsync(hub.Jonas)).Value.MailPossible);
    }

    private static Task<TestHub> StartAsync(string provider, SmtpServer server, string user = "", string password = "")
    {
        var settings = new ConfigurationBuilder().AddInMemoryCollection(new[]
        {
            ("Mail:Host", "127.0.0.1"), ("Mail:Port", server.Port.ToString(CultureInfo.InvariantCulture)), ("Mail:Security", "None"),
            ("Mail:From", "HubPortal <hub@northbridge.example>"), ("Hub:Address", "https://hub.example"),
        }.Select(s => KeyValuePair.Create(s.Item1, (string?)s.Item2))).Build();
        // On loopback there is nobody on the way: the settings themselves refuse a password without TLS.
        var read = MailSettings.Read(settings)! with { User = user, Password = password };
        return TestHub.StartAsync(provider, s => s.AddLocalization().AddSingleton(read).AddSingleton<IDigestMail, SmtpDigests>());
    }
}
