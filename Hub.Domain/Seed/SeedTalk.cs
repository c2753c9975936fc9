using Hub.Domain.Chat;
using Hub.Domain.People;
using Hub.Domain.Storage;

namespace Hub.Domain.Seed;

/// <summary>Channels, direct conversations and what was said in them, each message at its own time.</summary>
internal sealed class SeedTalk(ChatService chat, ChannelService channels, MemberService memberships, MessageService messages, ReactionService reactions, KeptMessages kept, HelpService help, LaterService later, ReminderService reminders, FileService files, ReportService reports, RetentionService retention, HookService hooks, DueWorker worker, SeedPeople people, SeedClock clock)
{
    private const int DaysOfDirect = 730;

    public async Task MakeAsync(ChannelsFile file, PeopleFile directory, CancellationToken ct)
    {
        clock.Set(clock.Utc(-20, "09:00"));
        var compliance = directory.People.First(p => p.Roles.Any(r => r.Role == nameof(Role.Compliance)));
        _ = (await retention.SetAsync(people.People[compliance.Email], people.Organisations[compliance.Organisation], RetentionKind.Direct, DaysOfDirect, 0, ct)).Value;
        var (said, waiting) = (new List<Said>(), new List<Said>());
        var read = new List<(Guid Conversation, Actor Reader)>();
        var ended = new List<(DateTime At, Guid Conversation, Actor Owner)>();
        foreach (var channel in file.Channels)
        {
            var members = channel.Members.SelectMany(m => m.StartsWith("all:", StringComparison.Ordinal)
                ? directory.People.Where(p => p.Organisation == m[4..]).Select(p => p.Email) : [m]).Distinct(StringComparer.Ordinal).ToList();
            var maker = people.People[Maker(channel, members, directory)];
            var made = (await chat.CreateChannelAsync(maker, new NewChannel(channel.Name, channel.Topic, [.. channel.Audience.Select(Audience)],
                channel.Audience.Count == 0 ? [.. members.Select(m => people.People[m].PersonId)] : null, channel.Help) { Announcements = channel.Announcements }, ct)).Value;
            foreach (var member in members.Select(m => people.People[m]).Where(m => m != maker))
            {
                if (channel.Audience.Count > 0) _ = (await chat.JoinAsync(member, made.Id, ct)).Value;
                read.Add((made.Id, member));
            }
            foreach (var person in channel.Moderators) _ = (await memberships.SetAsync(maker, made.Id, people.People[person].PersonId, ConversationRole.Moderator, ct: ct)).Value;
            foreach (var person in channel.Posters) _ = (await memberships.SetAsync(maker, made.Id, people.People[person].PersonId, null, poster: true, ct)).Value;
            foreach (var name in channel.Hooks) people.People[$"hook:{name}"] = new Actor((await hooks.CreateAsync(maker, made.Id, new NewHook(HookKind.Incoming, name), ct)).Value.Hook.BotId!.Value, ActorKind.Bot);
            if (channel.Archived.Length > 0) ended.Add((clock.Utc(channel.Archived), made.Id, maker));
            said.AddRange(channel.Messages.SelectMany(m => Spoken(made.Id, m)));
        }
        foreach (var direct in file.Directs)
        {
            var talkers = direct.People.ConvertAll(p => people.People[p]);
            var opened = (await chat.OpenDirectAsync(talkers[0], [.. talkers.Skip(1).Select(t => t.PersonId)], ct)).Value;
            read.AddRange(talkers.Select(t => (opened.Conversation.Id, t)));
            said.AddRange(direct.Messages.SelectMany(m => Spoken(opened.Conversation.Id, m)));
            waiting.AddRange(direct.Later.Select(m => new Said(clock.UtcAhead(m.At), opened.Conversation.Id, m, null)));
        }
        await SayAsync(said, read, ct);
        foreach (var (at, conversation, message, _) in waiting) _ = (await later.ScheduleAsync(people.People[message.From], conversation, new NewLater(clock.NewId(), message.Text, at), ct)).Value;
        foreach (var (at, conversation, owner) in ended)
        {
            clock.Set(at);
            _ = (await channels.ArchiveAsync(owner, conversation, archived: true, ct)).Value;
        }
        clock.SetNow();
    }

    private async Task SayAsync(List<Said> said, List<(Guid Conversation, Actor Reader)> read, CancellationToken ct)
    {
        var latest = new Dictionary<Guid, long>();
        var ids = new Dictionary<SeedMessage, Guid>();
        var caughtUp = clock.Utc(-1, "18:00");
        var pending = true;
        foreach (var (at, conversation, message, thread) in said.OrderBy(s => s.At))
        {
            // Everyone read what there was until yesterday evening; what came at night is unread.
            if (pending && at > caughtUp)
            {
                clock.Set(caughtUp);
                foreach (var (id, reader) in read.Where(r => latest.ContainsKey(r.Conversation))) _ = (await chat.ReadAsync(reader, id, latest[id], ct)).Value;
                pending = false;
            }
            clock.Set(at);
            var posted = (await messages.PostAsync(people.People[message.From], conversation, new NewMessage(clock.NewId(), message.Text) { ThreadId = thread is null ? null : ids[thread], FileIds = await UploadAsync(conversation, message, ct) }, ct)).Value.Message;
            (latest[conversation], ids[message]) = (posted.Sequence, posted.Id);
            if (message.Answers) _ = (await help.ResolveAsync(people.People[thread!.From], ids[thread], posted.Id, ct)).Value;
            foreach (var (emoji, by) in message.Reactions)
                foreach (var person in by) _ = (await reactions.ReactAsync(people.People[person], posted.Id, emoji, give: true, ct)).Value;
            if (message.Pinned is { } pinner) _ = (await kept.PinAsync(people.People[pinner], posted.Id, pin: true, ct)).Value;
            if (message.Reported is { } report) _ = (await reports.ReportAsync(people.People[report.By], posted.Id, new NewReport(report.Reason, report.Text), ct)).Value;
            foreach (var person in message.Saved) _ = (await kept.SaveAsync(people.People[person], posted.Id, save: true, ct)).Value;
        }
        clock.SetNow();
        foreach (var (message, id) in ids)
            foreach (var (person, at) in message.Reminds) _ = (await reminders.CreateAsync(people.People[person], new NewReminder(clock.UtcAhead(at), id), ct)).Value;
        // What each post left to be done: people's inboxes.
        while (await worker.WorkAsync(MessageAlerts.Work, ct) > 0)
        {
        }
    }

    private IEnumerable<Said> Spoken(Guid conversation, SeedMessage message) =>
        [new Said(clock.Utc(message.At), conversation, message, null), .. message.Thread.Select(m => new Said(clock.Utc(m.At), conversation, m, message))];

    private async Task<IReadOnlyList<Guid>> UploadAsync(Guid conversation, SeedMessage message, CancellationToken ct)
    {
        var ids = new List<Guid>();
        foreach (var name in message.Files)
        {
            await using var bytes = SeedContent.File(name);
            ids.Add((await files.UploadAsync(people.People[message.From], conversation, name, bytes, bytes.Length, ct)).Value.Id);
        }
        return ids;
    }

    private ChannelAudience Audience(string word) => word.StartsWith("unit:", StringComparison.Ordinal)
        ? new ChannelAudience(AudienceKind.Unit, people.Units[word[5..]])
        : new ChannelAudience(AudienceKind.Organisation, people.Organisations[word]);

    // The administrator sets up what the whole force shares; the rest is made by the first who is in it.
    private static string Maker(SeedChannel channel, List<string> members, PeopleFile directory) =>
        channel.Help || channel.Audience.Count > 1 ? directory.People.First(p => p.Roles.Any(r => r.Role == nameof(Role.Administrator))).Email
        : members.First(m => directory.People.Single(p => p.Email == m).Organisation == channel.Organisation);

    private sealed record Said(DateTime At, Guid Conversation, SeedMessage Message, SeedMessage? Thread);
}
