using Hub.Domain;
using Hub.Domain.Chat;
using Hub.Domain.Devices;
using Hub.Domain.Meetings;
using Hub.Domain.Notifications;
using Hub.Domain.People;
using Hub.Domain.Seed;
using Hub.Tests.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Tests.Seed;

public sealed class DemoSeedTests
{
    [Theory, Databases]
    public async Task The_demonstration_fills_an_empty_hub_once_with_everything_that_is_promised(string provider)
    {
        await using var hub = await TestHub.StartEmptyAsync(provider);

        Assert.True(await hub.Get<DemoSeed>().MakeAsync());
        Assert.False(await hub.Get<DemoSeed>().MakeAsync());

        await using var db = await hub.Hub.CreateDbContextAsync();
        // Three bodies, their people, and who leads, works when, is away and may do what.
        Assert.Equal(3, await db.Organisations.CountAsync());
        Assert.Equal(60, await db.People.CountAsync(p => p.LeftAt == null && p.Kind == ActorKind.Person));
        Assert.Empty(await db.People.Where(p => p.Kind == ActorKind.Person && (p.UnitId == null || p.SiteId == null)).Select(p => p.Email).ToListAsync());
        Assert.True(await db.Units.CountAsync(u => u.SupervisorId != null) >= 10);
        Assert.Equal(Enum.GetValues<Role>().Where(r => r != Role.Staff).Order(), (await db.RoleGrants.Select(r => r.Role).Distinct().ToListAsync()).Order());
        var now = hub.Clock.Now();
        Assert.True(await db.Shifts.AnyAsync(s => s.StartsAt < now.AddDays(-7)) && await db.Shifts.AnyAsync(s => s.StartsAt > now.AddDays(7)));
        Assert.True(await db.Absences.CountAsync() >= 3);
        Assert.Equal(Enum.GetValues<OwnState>().Order(), (await db.Availabilities.Select(a => a.State).Distinct().ToListAsync()).Order());
        Assert.Equal(Enum.GetValues<LastSeenAudience>().Order(), (await db.Availabilities.Select(a => a.LastSeenFor).Distinct().ToListAsync()).Order());
        Assert.True(await db.Availabilities.AnyAsync(a => a.ReachableOffShift) && await db.WakeContacts.CountAsync() >= 3);

        // What is delivered, and by whom; on what.
        Assert.Equal(5, await db.Suppliers.CountAsync());
        Assert.Empty(await db.Suppliers.Where(s => !db.Services.Any(x => x.SupplierId == s.Id)).Select(s => s.Name).ToListAsync());
        Assert.Equal(Enum.GetValues<DeviceKind>().Order(), (await db.Devices.Select(d => d.Kind).Distinct().ToListAsync()).Order());

        // Fourteen channels, one of them for announcements and one archived, and more than one direct conversation, in which several people talk.
        var channels = await db.Conversations.Where(c => c.Kind == ConversationKind.Channel)
            .Select(c => new { c.Name, c.IsHelp, c.LatestSequence, Voices = db.Messages.Where(m => m.ConversationId == c.Id).Select(m => m.SenderId).Distinct().Count() }).ToListAsync();
        Assert.Equal(14, channels.Count);
        Assert.Equal((1, 1), (await db.Conversations.CountAsync(c => c.AnnouncedAt != null), await db.Conversations.CountAsync(c => c.ArchivedAt != null)));
        Assert.Single(channels, c => c.IsHelp);
        Assert.All(channels, c => Assert.True(c is { LatestSequence: >= 5, Voices: >= 2 }, c.Name));
        Assert.True(await db.Conversations.CountAsync(c => c.Kind == ConversationKind.Direct && c.LatestSequence > 0) >= 2);
        Assert.True(await db.Messages.AnyAsync(m => m.Replies >= 2) && await db.Messages.AnyAsync(m => m.PinnedAt != null) && await db.Reactions.CountAsync() >= 5 && await db.SavedMessages.AnyAsync());
        Assert.True(await db.LaterMessages.AnyAsync(l => l.At > now) && await db.Reminders.AnyAsync(r => r.At > now));

        // Order is kept: a report waits for an answer, and one kind of conversation is not kept for ever.
        Assert.Equal(ReportState.Open, (await db.MessageReports.SingleAsync()).State);
        Assert.Equal(RetentionKind.Direct, (await db.RetentionRules.SingleAsync()).Kind);

        // A program that posts in a channel, as its bot.
        Assert.True(await db.Hooks.AnyAsync(h => h.Kind == HookKind.Incoming && db.Messages.Count(m => m.SenderId == h.BotId && m.ConversationId == h.ConversationId) >= 2));

        // Files in messages: a picture with its thumbnail, and another.
        Assert.Equal([false, true], (await db.StoredFiles.Where(f => f.MessageId != null && f.State == FileState.Stored).Select(f => f.HasThumbnail).ToListAsync()).Order());

        Assert.Equal(40, await db.Articles.CountAsync(a => a.PublishedNumber != null));
        Assert.Equal(["cannot-join-wifi", "expired-password", "mailbox-not-syncing", "slow-laptop", "virtual-desktop-stuck"],
            (await db.Fixes.Where(f => f.PublishedNumber != null).Select(f => f.Slug).Distinct().ToListAsync()).Order(StringComparer.Ordinal));

        // Meetings in each of the weeks around today, and Amara's today is not empty.
        var amara = (await hub.Get<PeopleService>().ActorByEmailAsync("amara.osei@northbridge.example"))!;
        Assert.NotNull(await hub.Get<PeopleService>().MeAsync(amara));
        foreach (var (from, to) in new[] { (-11, -3), (-3, 4), (4, 11) })
            Assert.True(await db.Meetings.CountAsync(m => m.FirstStartsAt < now.AddDays(to) && (m.LastEndsAt == null || m.LastEndsAt > now.AddDays(from))) >= 3, $"{from} to {to}");
        // Her inbox has a mention, one of her unit, and who wrote to her.
        var inbox = (await hub.Get<InboxService>().ListAsync(amara, InboxView.Unread)).Value.Items;
        Assert.True(inbox.Count(e => e.Kind == NotificationKind.Mention) >= 2 && inbox.Any(e => e.Kind == NotificationKind.Direct));
        Assert.NotEmpty((await hub.Get<MeetingCalendar>().OccurrencesAsync(amara, now.AddDays(-1), now.AddDays(2))).Value.Items);
    }
}
