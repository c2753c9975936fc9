using Hub.Domain.Storage;

namespace Hub.Web.Live;

/// <summary>Takes up due work, every second; it stands in the database, so any node may. Each kind goes on by itself: one that hangs stops no other.</summary>
internal sealed class DueClock(DueWorker worker, ILogger<DueClock> log) : Clockwork(TimeSpan.FromSeconds(1), log)
{
    private readonly Dictionary<string, Task> atWork = new(StringComparer.Ordinal);
    private bool planned;

    protected override async Task TickAsync(CancellationToken ct)
    {
        if (!planned) await worker.PlanAsync(ct);
        planned = true;
        foreach (var kind in await worker.DueKindsAsync(ct))
            if (!atWork.TryGetValue(kind, out var before) || before.IsCompleted)
                atWork[kind] = Task.Run(() => TryAsync(() => worker.WorkAsync(kind, ct), ct), ct);
    }
}
