using Hub.Domain.Chat;

namespace Hub.Web.Chat;

/// <summary>One's own marks on the messages that are shown, kept up by what is heard.</summary>
internal sealed class Marks
{
    private Dictionary<Guid, IReadOnlyList<string>> reactions = [];
    private HashSet<Guid> saved = [];
    private bool loaded;

    public OwnMarks Mine => new(reactions, saved);

    public void Show(OwnMarks mine) => (reactions, saved) = (mine.Reactions.ToDictionary(), mine.Saved.ToHashSet());

    public void Add(OwnMarks mine)
    {
        foreach (var (id, emoji) in mine.Reactions) reactions[id] = emoji;
        saved.UnionWith(mine.Saved);
    }

    public void React(ReactionChange change)
    {
        var others = reactions.GetValueOrDefault(change.Message.Id, []).Where(e => e != change.Emoji);
        reactions[change.Message.Id] = [.. change.Given ? others.Append(change.Emoji) : others];
    }

    /// <summary>True if this changes anything.</summary>
    public bool Save(MessageSaved change) => change.Saved ? saved.Add(change.MessageId) : saved.Remove(change.MessageId);

    /// <summary>The first time they came with the messages just before, at version <paramref name="known"/> of one's own topic; later all is loaded again.</summary>
    public async Task<long> LoadAsync(long known, long latest, Func<Task<long>> load)
    {
        if (!loaded)
        {
            loaded = true;
            return known;
        }
        await load();
        return latest;
    }
}
