using Hub.Domain.Live;
using Hub.Domain.People;
using Hub.Web.Live;

namespace Hub.Tests.Live;

public sealed class FollowingTests
{
    private static readonly Topic Any = Topic.Run(Guid.NewGuid());
    private readonly List<long> applied = [];
    private long stored;
    private int loads, failing;
    private TaskCompletionSource? gate;

    private Following Follow() => new(LoadAsync, e =>
    {
        applied.Add(e.Version);
        return true;
    }, null);

    private async Task<long> LoadAsync()
    {
        loads++;
        var version = stored;
        if (gate is { } wait) await wait.Task;
        if (failing-- > 0) throw new InvalidOperationException("The database restarts.");
        return version;
    }

    private static LiveNews News(params long[] versions) => new([.. versions.Select(v => new LiveEvent(Any, v, "test", new RolesChanged()))]);

    [Fact]
    public async Task What_was_loaded_is_dropped_what_follows_is_applied_and_a_gap_loads_again()
    {
        stored = 3;
        var following = Follow();
        await following.LoadAsync();
        await following.TakeAsync(News(2, 3, 4, 5));
        Assert.Equal([4, 5], applied);
        Assert.Equal(1, loads);
        stored = 9;
        await following.TakeAsync(News(8));
        Assert.Equal([4, 5], applied);
        Assert.Equal(2, loads);
        await following.TakeAsync(News(9, 10));
        Assert.Equal([4, 5, 10], applied);
    }

    [Fact]
    public async Task After_a_load_that_failed_whatever_comes_loads_again()
    {
        var following = Follow();
        await following.LoadAsync();
        (stored, failing) = (1, 1);
        await Assert.ThrowsAsync<InvalidOperationException>(() => following.TakeAsync(new LiveNews([], Reload: true)));
        await following.TakeAsync(News(1));
        Assert.Equal(3, loads);
        await following.TakeAsync(News(2));
        Assert.Equal([2], applied);
    }

    [Fact]
    public async Task To_be_asked_to_load_while_loading_loads_once_more()
    {
        gate = new TaskCompletionSource();
        var following = Follow();
        var loading = following.LoadAsync();
        stored = 7;
        await following.TakeAsync(new LiveNews([], Reload: true));
        var first = gate;
        gate = null;
        first.SetResult();
        await loading;
        Assert.Equal(2, loads);
        await following.TakeAsync(News(7, 8));
        Assert.Equal([8], applied);
    }
}
