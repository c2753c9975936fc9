using Hub.Domain.Chat;
using Hub.Domain.People;

namespace Hub.Domain.Seed;

/// <summary>Channels, direct conversations and what was said in them, each message at its own time.</summary>
internal sealed class SeedTalk(ChatService chat, MessageService messages, SeedPeople people, SeedClock clock)
{
    public async Task MakeAsync(ChannelsFile file, PeopleFile directory, CancellationToken ct)
    {
        clock.Set(clock.Utc(-20, "09:00"));
        var said = new List<(DateTime At, Guid Conversation, SeedMessage Message)>();
        var read = new List<(Guid Conversation, Actor Reader)>();
        foreach (var channel in file.Channels)
        {
            var members = channel.Members.SelectMany(m => m.StartsWith("all:", StringComparison.Ordinal)
                ? directory.People.Where(p => p.Organisation == m[4..]).Select(p => p.Email) : [m]).Distinct(StringComparer.Ordinal).ToList();
            var maker = people.People[Maker(channel, members, directory)];
            var made = (await chat.CreateChannelAsync(maker, new NewChannel(channel.Name, channel.Topic, [.. channel.Audience.Select(Audience)],
                channel.Audience.Count == 0 ? [.. members.Select(m => people.People[m].PersonId)] : null, channel.Help), ct)).Value;
            foreach (var member in members.Select(m => people.People[m]).Where(m => m != maker))
            {
                if (channel.Audience.Count > 0) _ = (await chat.JoinAsync(member, made.Id, ct)).Value;
                read.Add((made.Id, member));
            }
            said.AddRange(channel.Messages.Select(m => (clock.Utc(m.At), made.Id, m)));
        }
        foreach (var direct in file.Directs)
        {
            var (one, other) = (people.People[direct.People[0]], people.People[direct.People[1]]);
            var opened = (await chat.OpenDirectAsync(one, other.PersonId, ct)).Value;
            read.AddRange([(opened.Conversation.Id, one), (opened.Conversation.Id, other)]);
            said.AddRange(direct.Messages.Select(m => (clock.Utc(m.At), opened.Conversation.Id, m)));
        }
        await SayAsync(said, read, ct);
    }

    private async Task SayAsync(List<(DateTime At, Guid Conversation, SeedMessage Message)> said, List<(Guid Conversation, Actor Reader)> read, CancellationToken ct)
    {
        var latest = new Dictionary<Guid, long>();
        var caughtUp = clock.Utc(-1, "18:00");
        var pending = true;
        foreach (var (at, conversation, message) in said.OrderBy(s => s.At))
        {
            // Everyone read what there was until yesterday evening; what came at night is unread.
            if (pending && at > caughtUp)
            {
                clock.Set(caughtUp);
                foreach (var (id, reader) in read.Where(r => latest.ContainsKey(r.Conversation))) _ = (await chat.ReadAsync(reader, id, latest[id], ct)).Value;
                pending = false;
            }
            clock.Set(at);
            latest[conversation] = (await messages.PostAsync(people.People[message.From], conversation, clock.NewId(), message.Text, ct)).Value.Message.Sequence;
        }
        clock.SetNow();
    }

    private ChannelAudience Audience(string word) => word.StartsWith("unit:", StringComparison.Ordinal)
        ? new ChannelAudience(AudienceKind.Unit, people.Units[word[5..]])
        : new ChannelAudience(AudienceKind.Organisation, people.Organisations[word]);

    // The administrator sets up what the whole force shares; the rest is made by the first who is in it.
    private static string Maker(SeedChannel channel, List<string> members, PeopleFile directory) =>
        channel.Help || channel.Audience.Count > 1 ? directory.People.First(p => p.Roles.Any(r => r.Role == nameof(Role.Administrator))).Email
        : members.First(m => directory.People.Single(p => p.Email == m).Organisation == channel.Organisation);
}
