using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Hub.Domain;
using Hub.Domain.Chat;
using Hub.Domain.People;
using Hub.Domain.Storage;
using Hub.Tests.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Hub.Tests.Chat;

/// <summary>The people of one plan in two bodies of their own on a real hub, and what they do there through its services.</summary>
internal sealed class ChatWorld
{
    private static int worlds;

    private readonly TestHub hub;
    private readonly Dictionary<Who, Actor> people = [];
    private readonly ConcurrentDictionary<string, Guid> places = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<(Who Author, int Key), Guid> messages = new();
    private readonly ConcurrentDictionary<(Who Author, int Key), Guid> keys = new();
    private int made;

    private ChatWorld(TestHub hub) => this.hub = hub;

    public IReadOnlyDictionary<Who, Actor> People => people;

    public IReadOnlyDictionary<string, Guid> Places => places;

    public static async Task<ChatWorld> StartAsync(TestHub hub)
    {
        var (world, number, directory) = (new ChatWorld(hub), Interlocked.Increment(ref worlds), hub.Get<DirectoryService>());
        var here = await directory.AddOrganisationAsync($"Body {number}", $"body{number}.example");
        var there = await directory.AddOrganisationAsync($"Other body {number}", $"other{number}.example");
        foreach (var who in Enum.GetValues<Who>()) world.people[who] = await hub.AddPersonAsync($"{who}", $"{who}{number}@body.example", who == Who.Sol ? there : here);
        return world;
    }

    /// <summary>Does it, on that node, and gives what was in fact asked for and the answer in the model's words.</summary>
    public async Task<(ChatStep Asked, string Answer)> RunAsync(ServiceProvider node, ChatStep step)
    {
        var (chat, talk) = (node.GetRequiredService<ChatService>(), node.GetRequiredService<MessageService>());
        var me = people[step.By];
        switch (step)
        {
            case ChatStep.Create s:
                var created = await chat.CreateChannelAsync(me, new NewChannel($"made{made}", People: s.Named is { } named ? [people[named].PersonId] : null));
                if (created.Ok) places[$"made{made++}"] = created.Value.Id;
                return (s, Answer(created, c => $"made with {c.Members}"));
            case ChatStep.Open s:
                var opened = await chat.OpenDirectAsync(me, people[s.With].PersonId);
                if (opened.Ok) places[ChatStep.Pair(s.By, s.With)] = opened.Value.Conversation.Id;
                return (s, Answer(opened, o => o.New ? "opened, new" : "opened, was there"));
            case ChatStep.Join s:
                return await AtAsync(s, s.Place, async id => Answer(await chat.JoinAsync(me, id), c => $"{(c.Joined ? "in" : "out")} with {c.Members}, unread {c.Unread}, v{c.Version}"));
            case ChatStep.Leave s:
                return await AtAsync(s, s.Place, async id => Answer(await chat.LeaveAsync(me, id), left => $"left {left}"));
            case ChatStep.Read s:
                return await AtAsync(s, s.Place, async id => Answer(await chat.ReadAsync(me, id, s.Sequence), r => $"read to {r.Sequence}"));
            case ChatStep.Post s:
                return await AtAsync(s, s.Place, async id =>
                {
                    var posted = await talk.PostAsync(me, id, keys.GetOrAdd((s.By, s.Key), _ => Guid.NewGuid()), s.Text);
                    if (posted.Ok) messages[(s.By, s.Key)] = posted.Value.Message.Id;
                    return Answer(posted, p => $"{(p.New ? "posted" : "again")} {p.Message.Sequence} '{p.Message.Text}' v{p.Message.Version}");
                });
            case ChatStep.Edit s:
                return await OfAsync(s, s.Author, s.Key, id => talk.EditAsync(me, id, s.Text, s.Version));
            case ChatStep.Delete s:
                return await OfAsync(s, s.Author, s.Key, id => talk.DeleteAsync(me, id, s.Version));
            case ChatStep.Draft s:
                return (s, Answer(await node.GetRequiredService<DraftService>().SaveAsync(me, s.Key, s.Text), _ => "kept"));
            case ChatStep.Depart s:
                await node.GetRequiredService<DirectoryService>().LeaveAsync(me.PersonId);
                return (s, "gone");
            default:
                throw new InvalidOperationException($"{step}");
        }
    }

    private async Task<(ChatStep, string)> AtAsync(ChatStep step, string place, Func<Guid, Task<string>> ask)
    {
        var found = places.TryGetValue(place, out var id);
        return (step with { Found = found }, await ask(found ? id : Guid.NewGuid()));
    }

    private async Task<(ChatStep, string)> OfAsync(ChatStep step, Who author, int key, Func<Guid, Task<Outcome<MessageRecord>>> ask)
    {
        var found = messages.TryGetValue((author, key), out var id);
        return (step with { Found = found }, Answer(await ask(found ? id : Guid.NewGuid()), Row));
    }

    private static string Answer<T>(Outcome<T> outcome, Func<T, string> say) => outcome.Refusal is { } r ? $"refused {r.Kind} {r.Code}" : say(outcome.Value);

    /// <summary>A message in the model's words.</summary>
    public string Row(MessageRecord m)
    {
        var author = people.Single(p => p.Value.PersonId == m.Author.Id).Key;
        var key = keys.Single(k => k.Key.Author == author && k.Value == m.ClientMessageId).Key.Key;
        return $"{author}#{key} '{m.Text}' v{m.Version}{(m.EditedAt is null ? "" : " edited")}{(m.DeletedAt is null ? "" : " deleted")}";
    }

    /// <summary>What everybody sees, and what is kept, in the words of <see cref="ChatModel.Seen"/>.</summary>
    public async Task<string> SeenAsync()
    {
        var (chat, talk, drafts) = (hub.Get<ChatService>(), hub.Get<MessageService>(), hub.Get<DraftService>());
        var seen = new StringBuilder();
        await using var db = await hub.Hub.CreateDbContextAsync();
        var ids = people.Values.Select(p => p.PersonId).ToList();
        var versions = await db.People.Where(p => ids.Contains(p.Id)).ToDictionaryAsync(p => p.Id, p => p.Version);
        var named = places.OrderBy(p => p.Key, StringComparer.Ordinal).ToList();
        foreach (var (who, actor) in people)
        {
            seen.AppendLine(CultureInfo.InvariantCulture, $"{who} v{versions[actor.PersonId]}");
            var (mine, more) = ((await chat.ListAsync(actor)).Value.Items, (await chat.ListAsync(actor, joined: false)).Value.Items);
            seen.AppendLine(CultureInfo.InvariantCulture, $"  is in {Names(mine)}; may join {Names(more)}");
            foreach (var name in ChatPlan.Places)
                if (await drafts.GetAsync(actor, name) is { } draft) seen.AppendLine(CultureInfo.InvariantCulture, $"  draft {name} '{draft.Text}'");
            foreach (var (name, id) in named)
            {
                var card = mine.Concat(more).FirstOrDefault(c => c.Id == id) ?? (await chat.GetAsync(actor, id) is { Ok: true } got ? got.Value : null);
                var page = await talk.PageAsync(actor, id, limit: 200);
                if (page.Ok != card is not null) seen.AppendLine(CultureInfo.InvariantCulture, $"  {name} is read and not found, or the other way round");
                if (card is null) continue;
                seen.AppendLine(CultureInfo.InvariantCulture, $"  {name} '{card.Name}' private {card.Private} in {card.Joined} of {card.Members}, read {card.ReadSequence} of {card.LatestSequence}, unread {card.Unread}, v{card.Version}, '{card.LatestText}'");
                foreach (var m in page.Value.Items) seen.AppendLine(CultureInfo.InvariantCulture, $"    {m.Sequence} {Row(m)}");
            }
        }
        var all = places.Values.ToList();
        var kept = await db.MessageVersions.Join(db.Messages.Where(m => all.Contains(m.ConversationId)), v => v.MessageId, m => m.Id, (v, m) => new { m.ConversationId, m.Sequence, v.Version, v.Text }).ToListAsync();
        foreach (var (name, id) in named)
            foreach (var message in kept.Where(k => k.ConversationId == id).GroupBy(k => k.Sequence).OrderBy(k => k.Key))
                seen.AppendLine(CultureInfo.InvariantCulture, $"{name} {message.Key} said {string.Join(", ", message.OrderBy(v => v.Version).Select(v => v.Text))}");
        return seen.ToString();

        string Names(IReadOnlyList<ConversationCard> cards) => string.Join(' ', named.Where(p => cards.Any(c => c.Id == p.Value)).Select(p => p.Key));
    }
}
