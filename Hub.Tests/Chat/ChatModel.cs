using System.Collections.Immutable;
using System.Text;
using Hub.Domain.Chat;

namespace Hub.Tests.Chat;

/// <summary>
/// The chat as plainly as it can be said, in memory: what each step answers, and what everybody then sees. It never changes; a
/// step gives the next one.
/// </summary>
internal sealed record ChatModel(ImmutableSortedDictionary<Who, ChatModel.Person> People, ImmutableSortedDictionary<string, ChatModel.Place> Places)
{
    public const string NotFound = "refused NotFound notFound", NotIn = "refused Forbidden chat.join";

    public static readonly ChatModel Empty = new(
        Enum.GetValues<Who>().ToImmutableSortedDictionary(w => w, _ => new Person(false, 0, ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal))),
        ImmutableSortedDictionary.Create<string, Place>(StringComparer.Ordinal));

    internal sealed record Person(bool Gone, long Version, ImmutableSortedDictionary<string, string> Drafts);

    /// <summary>Members: each with the sequence up to which they have read. Owners: of a channel, its maker, or who came when nobody was in it.</summary>
    internal sealed record Place(bool Direct, Who Maker, bool Private, ImmutableSortedDictionary<Who, long> Members, ImmutableList<Said> Messages, long Version)
    {
        public ImmutableSortedSet<Who> Owners { get; init; } = Direct ? [] : [Maker];

        public long Latest => Messages.Count;
    }

    /// <summary>A message. Texts: what it has said, the latest last; null for deleted.</summary>
    internal sealed record Said(Who Author, int Key, ImmutableList<string?> Texts, bool Edited)
    {
        public string? Text => Texts[^1];

        public int Version => Texts.Count;

        public override string ToString() => $"{Author}#{Key} '{Text}' v{Version}{(Edited ? " edited" : "")}{(Text is null ? " deleted" : "")}";
    }

    public (ChatModel Next, string Answer) Run(ChatStep step) => step switch
    {
        ChatStep.Create s => Run(s),
        ChatStep.Open s => Run(s),
        ChatStep.Join s => Run(s),
        ChatStep.Leave s => Run(s),
        ChatStep.Read s => Run(s),
        ChatStep.Post s => Run(s),
        ChatStep.Edit s => Change(s, s.Author, s.Key, s.Version, s.Text),
        ChatStep.Delete s => Change(s, s.Author, s.Key, s.Version, null),
        ChatStep.Draft s => Run(s),
        ChatStep.Depart s => (People[s.By].Gone ? this : Told(s.By, p => p with { Gone = true }), "gone"),
        _ => throw new InvalidOperationException($"{step}"),
    };

    private (ChatModel, string) Run(ChatStep.Create s)
    {
        if (People[s.By].Gone) return (this, "refused Forbidden forbidden");
        if (s.Named is { } named && !Finds(s.By, named)) return (this, "refused Invalid chat.people");
        var members = new[] { s.By, s.Named ?? s.By }.Distinct().ToImmutableSortedDictionary(w => w, _ => 0L);
        var next = this with { Places = Places.Add($"made{Places.Count(p => !p.Value.Direct)}", new Place(false, s.By, s.Named is not null, members, [], 0)) };
        return (members.Keys.Aggregate(next, (model, who) => model.Told(who)), $"made with {members.Count}");
    }

    private (ChatModel, string) Run(ChatStep.Open s)
    {
        var name = ChatStep.Pair(s.By, s.With);
        if (Places.ContainsKey(name) && Sees(s.By, name)) return (this, "opened, was there");
        if (s.By == s.With || !Finds(s.By, s.With)) return (this, "refused Invalid chat.people");
        var members = new[] { s.By, s.With }.ToImmutableSortedDictionary(w => w, _ => 0L);
        return ((this with { Places = Places.Add(name, new Place(true, s.By, true, members, [], 0)) }).Told(s.By), "opened, new");
    }

    private (ChatModel, string) Run(ChatStep.Join s)
    {
        if (!s.Found || !Sees(s.By, s.Place)) return (this, NotFound);
        var place = Places[s.Place];
        if (place.Members.TryGetValue(s.By, out var read)) return (this, $"in with {place.Members.Count}, unread {place.Latest - read}, v{place.Version}");
        var owners = Others(place, s.By).Any() ? place.Owners : place.Owners.Add(s.By);
        place = place with { Members = place.Members.Add(s.By, place.Latest), Owners = owners, Version = place.Version + 1 };
        return (With(s.Place, place).Told(s.By), $"in with {place.Members.Count}, unread 0, v{place.Version}");
    }

    private (ChatModel, string) Run(ChatStep.Leave s)
    {
        if (!s.Found || !Sees(s.By, s.Place)) return (this, NotFound);
        var place = Places[s.Place];
        if (place.Direct) return (this, "refused Forbidden chat.direct.leave");
        if (!place.Members.ContainsKey(s.By)) return (this, "left False");
        if (place.Owners.Contains(s.By) && Others(place, s.By).Any() && !Others(place, s.By).Any(place.Owners.Contains)) return (this, "refused Forbidden chat.owner.last");
        return (With(s.Place, place with { Members = place.Members.Remove(s.By), Owners = place.Owners.Remove(s.By), Version = place.Version + 1 }).Told(s.By), "left True");
    }

    private (ChatModel, string) Run(ChatStep.Read s)
    {
        if (s.Sequence < 0) return (this, "refused Invalid chat.sequence");
        if (!s.Found || !Sees(s.By, s.Place)) return (this, NotFound);
        var place = Places[s.Place];
        if (!place.Members.TryGetValue(s.By, out var read)) return (this, NotIn);
        var to = Math.Min(s.Sequence, place.Latest);
        if (to <= read) return (this, $"read to {read}");
        return (With(s.Place, place with { Members = place.Members.SetItem(s.By, to) }).Told(s.By), $"read to {to}");
    }

    private (ChatModel, string) Run(ChatStep.Post s)
    {
        if (Wrong(s.Text) is { } wrong) return (this, wrong);
        if (!s.Found || !Sees(s.By, s.Place)) return (this, NotFound);
        var place = Places[s.Place];
        if (Find(s.By, s.Key) is { } first)
            return (this, first.Place == s.Place && first.Said.Texts[0] == s.Text ? $"again {first.At + 1} '{first.Said.Text}' v{first.Said.Version}" : "refused Conflict message.used");
        if (!place.Members.ContainsKey(s.By)) return (this, NotIn);
        var said = place.Messages.Add(new Said(s.By, s.Key, [s.Text], false));
        var next = With(s.Place, place with { Messages = said, Members = place.Members.SetItem(s.By, said.Count), Version = place.Version + 1 });
        // Who did not open it learns of a direct conversation by its first message.
        if (place.Direct && said.Count == 1) next = next.Told(place.Members.Keys.Single(w => w != place.Maker));
        return (next, $"posted {said.Count} '{s.Text}' v1");
    }

    private (ChatModel, string) Change(ChatStep s, Who author, int key, int version, string? text)
    {
        if (text is not null && Wrong(text) is { } wrong) return (this, wrong);
        if (!s.Found || Find(author, key) is not { } found || !Sees(s.By, found.Place)) return (this, NotFound);
        if (s.By != author) return (this, "refused Forbidden forbidden");
        var (place, said) = (Places[found.Place], found.Said);
        if (!place.Members.ContainsKey(s.By)) return (this, NotIn);
        if (text is null && said.Text is null) return (this, $"{said}");
        if (said.Version != version || said.Text is null) return (this, "refused Stale stale");
        if (said.Text == text) return (this, $"{said}");
        said = said with { Texts = said.Texts.Add(text), Edited = said.Edited || text is not null };
        return (With(found.Place, place with { Messages = place.Messages.SetItem(found.At, said), Version = place.Version + 1 }), $"{said}");
    }

    private (ChatModel, string) Run(ChatStep.Draft s)
    {
        if (s.Text.Contains('\0', StringComparison.Ordinal)) return (this, "refused Invalid text.nul");
        var person = People[s.By];
        if (person.Gone) return (this, NotFound);
        var drafts = s.Text.Length == 0 ? person.Drafts.Remove(s.Key) : person.Drafts.SetItem(s.Key, s.Text);
        return (this with { People = People.SetItem(s.By, person with { Drafts = drafts }) }, "kept");
    }

    private IEnumerable<Who> Others(Place place, Who who) => place.Members.Keys.Where(w => w != who && !People[w].Gone);

    private ChatModel With(string name, Place place) => this with { Places = Places.SetItem(name, place) };

    // One's own topic moves on.
    private ChatModel Told(Who who, Func<Person, Person>? more = null)
    {
        var person = People[who] with { Version = People[who].Version + 1 };
        return this with { People = People.SetItem(who, more is null ? person : more(person)) };
    }

    private bool Sees(Who who, string name) => !People[who].Gone && Places.TryGetValue(name, out var place)
        && (place.Members.ContainsKey(who) || (!place.Private && Body(who) == Body(place.Maker)));

    private bool Finds(Who who, Who other) => !People[who].Gone && !People[other].Gone && Body(who) == Body(other);

    private static bool Body(Who who) => who != Who.Sol;

    private (string Place, int At, Said Said)? Find(Who author, int key)
    {
        foreach (var (name, place) in Places)
            if (place.Messages.FindIndex(m => m.Author == author && m.Key == key) is var at and >= 0) return (name, at, place.Messages[at]);
        return null;
    }

    private static string? Wrong(string text) => text.Length == 0 ? "refused Invalid message.empty" : text.Contains('\0', StringComparison.Ordinal) ? "refused Invalid text.nul" : null;

    /// <summary>What everybody sees, and what is kept, in the words of <see cref="ChatWorld.SeenAsync"/>.</summary>
    public string Seen()
    {
        var seen = new StringBuilder();
        foreach (var (who, person) in People)
        {
            seen.AppendLine($"{who} v{person.Version}");
            bool Listed(string name, bool joined) => Sees(who, name) && Places[name] is var p && p.Members.ContainsKey(who) == joined && (!p.Direct || p.Latest > 0 || p.Maker == who);
            seen.AppendLine($"  is in {string.Join(' ', Places.Keys.Where(n => Listed(n, true)))}; may join {string.Join(' ', Places.Keys.Where(n => Listed(n, false)))}");
            if (!person.Gone) foreach (var (key, text) in person.Drafts) seen.AppendLine($"  draft {key} '{text}'");
            foreach (var (name, place) in Places.Where(p => Sees(who, p.Key)))
            {
                var joined = place.Members.TryGetValue(who, out var read);
                var title = place.Direct ? place.Members.Keys.Single(w => w != who).ToString() : name;
                var latest = joined && place.Latest > 0 ? place.Messages[^1].Text ?? "" : "";
                seen.AppendLine($"  {name} '{title}' private {place.Private} in {joined} of {place.Members.Count}, read {read} of {place.Latest}, unread {(joined ? place.Latest - read : 0)}, v{place.Version}, '{Start(latest)}'");
                for (var i = 0; i < place.Messages.Count; i++) seen.AppendLine($"    {i + 1} {place.Messages[i]}");
            }
        }
        foreach (var (name, place) in Places)
            for (var i = 0; i < place.Messages.Count; i++)
                if (place.Messages[i].Version > 1) seen.AppendLine($"{name} {i + 1} said {string.Join(", ", place.Messages[i].Texts.SkipLast(1))}");
        return seen.ToString();
    }

    private static string Start(string text) => text.Length > ConversationCard.LatestTextLength ? text[..ConversationCard.LatestTextLength] : text;
}
