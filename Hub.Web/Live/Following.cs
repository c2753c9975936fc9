using Hub.Domain.Live;

namespace Hub.Web.Live;

/// <summary>One topic as a component follows it: drops what its load already has, applies what comes next, loads again on a gap.</summary>
internal sealed class Following(Func<Task<long>> load, Func<LiveEvent, bool> apply, Action? ended)
{
    private List<LiveEvent>? held;
    private long version = -1;
    private bool loading = true, again;

    /// <summary>Loads; what a failed load leaves behind is no version at all, so that whatever comes next loads again.</summary>
    public async Task LoadAsync()
    {
        (loading, version) = (true, -1);
        try
        {
            long loaded;
            do
            {
                again = false;
                loaded = await load();
            }
            while (again);
            version = loaded;
        }
        finally
        {
            loading = false;
        }
        if (held is not { } waiting) return;
        held = null;
        await TakeAsync(new LiveNews(waiting));
    }

    public async Task TakeAsync(LiveNews news)
    {
        if (news.Ended) ended?.Invoke();
        else if (loading)
        {
            (held ??= []).AddRange(news.Events);
            again |= news.Reload;
        }
        else if (news.Reload || !news.Events.All(Take)) await LoadAsync();
    }

    private bool Take(LiveEvent e)
    {
        if (e.Version == 0) return apply(e);
        if (e.Version <= version) return true;
        if (e.Version != version + 1) return false;
        version = e.Version;
        return apply(e);
    }
}
