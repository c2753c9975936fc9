using Hub.Domain.Live;
using Hub.Domain.People;
using Hub.Web.Live;

namespace Hub.Web.People;

/// <summary>
/// Presence of the people whom this circuit shows, live: each is watched once, however many marks show them; those of a page are asked for
/// together and drawn together. Used on the circuit's dispatcher only.
/// </summary>
public sealed class Colleagues(PresenceService presence, LiveBus bus, LivePage page, ILogger<Colleagues> log) : IDisposable
{
    private readonly Dictionary<Guid, Colleague> shown = [];
    private readonly HashSet<Guid> wanted = [];
    private bool asking, gone;

    /// <summary>How somebody is; null until that is known, and for who may not know it.</summary>
    public PersonPresence? Of(Guid person) => shown.TryGetValue(person, out var colleague) ? colleague.Now : null;

    /// <summary>Follows somebody until <see cref="Unfollow"/> with the same <paramref name="draw"/>, which is called when what <see cref="Of"/> gives has changed.</summary>
    public void Follow(Actor actor, Guid person, Action draw, Func<Func<Task>, Task> dispatch)
    {
        if (!shown.TryGetValue(person, out var colleague))
        {
            shown[person] = colleague = new Colleague();
            wanted.Add(person);
        }
        colleague.Draws.Add(draw);
        if (wanted.Count > 0 && !asking) _ = dispatch(() => AskAsync(actor, dispatch));
    }

    public void Unfollow(Guid person, Action draw)
    {
        page.Forget(draw);
        if (!shown.TryGetValue(person, out var colleague) || !colleague.Draws.Remove(draw) || colleague.Draws.Count > 0) return;
        colleague.Watch?.Dispose();
        shown.Remove(person);
        wanted.Remove(person);
    }

    public void Dispose()
    {
        gone = true;
        foreach (var colleague in shown.Values) colleague.Watch?.Dispose();
    }

    // Begins when the render that made the marks is over, so that all of them are asked for at once.
    private async Task AskAsync(Actor actor, Func<Func<Task>, Task> dispatch)
    {
        asking = true;
        await Task.Yield();
        while (wanted.Count > 0 && !gone)
        {
            var ids = wanted.Take(PresenceService.Most).ToList();
            wanted.ExceptWith(ids);
            try
            {
                await AskAsync(actor, ids, dispatch);
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                // No page fails for a mark: who was to be asked for is so again with the next one.
                log.LogWarning(e, "Presence could not be read");
                wanted.UnionWith(ids.Where(shown.ContainsKey));
                break;
            }
        }
        asking = false;
    }

    private async Task AskAsync(Actor actor, List<Guid> ids, Func<Func<Task>, Task> dispatch)
    {
        var watches = await bus.WatchAllAsync(actor, Topic.Person(Guid.Empty).Kind, ids, id => news => gone ? Task.CompletedTask : dispatch(() => TakeAsync(actor, id, news, dispatch)));
        foreach (var (id, watch) in watches)
        {
            if (!gone && shown.TryGetValue(id, out var colleague) && colleague.Watch is null) colleague.Watch = watch;
            else watch.Dispose();
        }
        if (await presence.ListAsync(actor, ids) is not { Ok: true, Value.Items: var found }) return;
        // What came meanwhile is newer, or is about to be followed by what is.
        var known = new HashSet<Action>();
        foreach (var now in found)
        {
            if (!shown.TryGetValue(now.PersonId, out var colleague) || colleague is not { Watch: not null, Now: null }) continue;
            colleague.Now = now;
            known.UnionWith(colleague.Draws);
        }
        page.Draw(known);
    }

    private Task TakeAsync(Actor actor, Guid person, LiveNews news, Func<Func<Task>, Task> dispatch)
    {
        if (!shown.TryGetValue(person, out var colleague)) return Task.CompletedTask;
        if (news.Reload)
        {
            colleague.Now = null;
            wanted.Add(person);
            return asking ? Task.CompletedTask : AskAsync(actor, dispatch);
        }
        if (news.Ended) colleague.Now = null;
        else if (news.Events is [.., { Payload: PersonPresence now }]) colleague.Now = now;
        page.Draw(colleague.Draws);
        return Task.CompletedTask;
    }

    private sealed class Colleague
    {
        public HashSet<Action> Draws { get; } = [];
        public LiveWatch? Watch { get; set; }
        public PersonPresence? Now { get; set; }
    }
}
