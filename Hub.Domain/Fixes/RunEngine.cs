using System.Text.Json.Nodes;
using Hub.Domain.Audit;
using Hub.Domain.Devices;
using Hub.Domain.Live;
using Hub.Domain.People;
using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;

namespace Hub.Domain.Fixes;

/// <summary>
/// The hub's part of a run: reads, decides, sends. A run that works has a due time; a node claims it by moving that on, so two
/// nodes never send the same action, and what a dead node left is taken up when its lease is over. What came of a step is stored
/// only while the run still works at that step: its version may have moved on meanwhile, its runner may have left it.
/// </summary>
[SystemWork]
public sealed class RunEngine(IDbContextFactory<HubDb> hub, LiveBus live, IDeviceManagement devices, IAccounts accounts, IEnumerable<IHelpDesk> helpDesks, TimeProvider clock, ILogger<RunEngine> log)
{
    private readonly FixResources resources = new(devices, accounts);

    /// <summary>How long the tenant may take for one step.</summary>
    internal TimeSpan Patience { get; init; } = RunStory.Answer;

    /// <summary>Takes up every run that is due. Called every second or so on each node.</summary>
    /// <returns>How many were due.</returns>
    public async Task<int> WorkAsync(CancellationToken ct = default)
    {
        var now = clock.Now();
        List<Guid> due;
        await using (var db = await hub.CreateDbContextAsync(ct))
            due = await db.FixRuns.Where(r => r.State == RunState.Working && r.DueAt <= now).OrderBy(r => r.DueAt).Select(r => r.Id).Take(50).ToListAsync(ct);
        foreach (var id in due) await WorkOnAsync(id, ct);
        return due.Count;
    }

    /// <summary>Goes on with a run until it waits for a person, for a time, or is at its end.</summary>
    public Task WorkOnAsync(Guid runId, CancellationToken ct = default) => GoOnAsync(runId, null, ct);

    /// <summary>
    /// Sends the action that is intended at a step, if one is, and goes on until the run waits for a person, for a time, or is at its
    /// end. All that it follows is committed, so that what goes wrong is logged, not thrown: once the lease is over the run is taken up again.
    /// </summary>
    internal async Task GoOnAsync(Guid runId, int? intended, CancellationToken ct)
    {
        try
        {
            if (intended is { } number) await SendAsync(runId, number, ct);
            while (await ClaimAsync(runId, ct) is { } run)
            {
                var (row, d) = (run.Current(), await DocumentOfAsync(run, ct));
                if (row.State == RunStepState.Intended) await AgainAsync(run, d, row, ct);
                else if (!await CheckAsync(run, d, row, ct)) return;
            }
        }
        catch (Exception e) when (e is not OperationCanceledException || !ct.IsCancellationRequested)
        {
            log.LogWarning(e, "Run {Run} could not go on; it is taken up again in {Lease}", runId, RunStory.Lease);
        }
    }

    /// <summary>Sends an action whose intent is committed, and stores what came of it. No answer leaves the intent as it stands.</summary>
    internal async Task SendAsync(Guid runId, int number, CancellationToken ct)
    {
        FixRun run;
        await using (var db = await hub.CreateDbContextAsync(ct)) run = await Whole(db.FixRuns.AsNoTracking()).SingleAsync(r => r.Id == runId, ct);
        if (!run.WorksAt(number) || run.Current().State != RunStepState.Intended) return;
        var d = await DocumentOfAsync(run, ct);
        var step = d.Step(run.StepId!);
        string? refused = null;
        try
        {
            var subject = await RunSubject.OfAsync(hub, run, ct);
            await WithinAsync(async limit =>
            {
                await resources.SendAsync(step.Do, step.On, subject, limit);
                return true;
            }, ct);
        }
        catch (TenantException e) when (!e.NoAnswer || clock.Now() > run.Current().StartedAt + RunStory.GiveUp)
        {
            refused = e.Code;
        }
        catch (TenantException e)
        {
            log.LogInformation("No answer to an action of run {Run}: {Code}", runId, e.Code);
            return;
        }
        await StoreAsync(runId, number, d, (db, r, now) => Sent(db, r, d, step, refused, now), ct);
    }

    internal static IQueryable<FixRun> Whole(IQueryable<FixRun> runs) =>
        runs.Include(r => r.Steps).Include(r => r.Person).Include(r => r.Fix).ThenInclude(f => f.Service).ThenInclude(s => s.Category).AsSingleQuery();

    internal static async Task<FixDocument> DocumentAsync(HubDb db, FixRun run, CancellationToken ct) =>
        FixDocument.Parse(await db.FixVersions.Where(v => v.FixId == run.FixId && v.Number == run.Number).Select(v => v.Document).SingleAsync(ct));

    /// <summary>Saves, and gives the events to publish after the commit: one of the run, of each card that shows it, and of its runner.</summary>
    internal async Task<IReadOnlyList<LiveEvent>> SaveAsync(HubDb db, FixRun run, FixDocument d, string? name, CancellationToken ct)
    {
        var ends = run.EndedAt is not null && db.Entry(run).Property(r => r.EndedAt).IsModified;
        await db.SaveChangesAsync(ct);
        List<LiveEvent> events = [new LiveEvent(Topic.Run(run.Id), run.Version, name ?? (ends ? "run-ended" : "run-stepped"), RunViews.View(run, d, devices.Simulated))];
        foreach (var helpDesk in helpDesks) events.AddRange(await helpDesk.ChangedAsync(db, run.Id, ct));
        var me = await db.AdvanceAsync<Person>(run.PersonId, ct);
        events.Add(new LiveEvent(Topic.Me(run.PersonId), me, ends ? "run-ended" : "run-stepped", new RunNews(run.Id, d.Slug, run.State)));
        return events;
    }

    private async Task<FixRun?> ClaimAsync(Guid runId, CancellationToken ct)
    {
        var now = clock.Now();
        var until = now + RunStory.Lease;
        await using var db = await hub.CreateDbContextAsync(ct);
        var claimed = await db.FixRuns.Where(r => r.Id == runId && r.State == RunState.Working && r.DueAt <= now)
            .ExecuteUpdateAsync(s => s.SetProperty(r => r.DueAt, until), ct);
        if (claimed == 0) return null;
        // Its runner may have left it since, and only what this claim holds is ours.
        var run = await Whole(db.FixRuns.AsNoTracking()).SingleAsync(r => r.Id == runId, ct);
        return run.State == RunState.Working && run.DueAt == until ? run : null;
    }

    // True if the run has gone on; false if it waits for its time or somebody else was faster.
    private async Task<bool> CheckAsync(FixRun run, FixDocument d, RunStep row, CancellationToken ct)
    {
        var step = d.Step(row.StepId);
        var now = clock.Now();
        try
        {
            var subject = await RunSubject.OfAsync(hub, run, ct);
            var read = await WithinAsync(async limit =>
            {
                var all = new Dictionary<string, JsonObject?>(StringComparer.Ordinal);
                foreach (var resource in step.Read) all[resource] = await resources.ReadAsync(resource, subject, limit);
                return all;
            }, ct);
            var readings = new Readings(read, run, now);
            var branch = readings.Decide(step);
            if (branch is null && now < row.StartedAt.AddSeconds(step.Wait)) return await LaterAsync(run, row, now + RunStory.Poll, ct);
            branch ??= step.Branches[^1];
            return await StoreAsync(run.Id, row.Number, d, (db, r, at) =>
            {
                r.End(branch.Found ? RunStepState.Found : RunStepState.Done, branch.Value, at);
                (r.Current().Title, r.Current().Reading) = (readings.Words(branch.Say), readings.Words(branch.Because));
                r.Enter(db, d, branch.Then, at);
            }, ct);
        }
        catch (TenantException e) when (e.NoAnswer && now < row.StartedAt.AddSeconds(Math.Max(step.Wait, RunStory.Unanswered.TotalSeconds)))
        {
            return await LaterAsync(run, row, now + RunStory.Pause, ct);
        }
        catch (TenantException e)
        {
            return await StoreAsync(run.Id, row.Number, d, (db, r, at) =>
            {
                r.End(RunStepState.Failed, e.Code, at);
                r.Enter(db, d, step.Failed, at);
            }, ct);
        }
    }

    private async Task<bool> LaterAsync(FixRun run, RunStep row, DateTime next, CancellationToken ct)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        await db.FixRuns.Where(r => r.Id == run.Id && r.State == RunState.Working && r.Steps.Count == row.Number).ExecuteUpdateAsync(s => s.SetProperty(r => r.DueAt, next), ct);
        return false;
    }

    // An action without a result, because its node went away or the tenant gave no answer: look whether it was taken; repeat it
    // only if that does no harm; else the person, who can see the device, says.
    private async Task AgainAsync(FixRun run, FixDocument d, RunStep row, CancellationToken ct)
    {
        var step = d.Step(row.StepId);
        var taken = false;
        try
        {
            var subject = await RunSubject.OfAsync(hub, run, ct);
            taken = await WithinAsync(limit => resources.WasTakenAsync(step.Do, step.On, subject, row.StartedAt, limit), ct);
        }
        catch (TenantException e) when (e.NoAnswer && clock.Now() < row.StartedAt + RunStory.Lease + RunStory.Unanswered)
        {
            await LaterAsync(run, row, clock.Now() + RunStory.Pause, ct);
            return;
        }
        catch (TenantException)
        {
            // It cannot be known.
        }
        if (taken) await StoreAsync(run.Id, row.Number, d, (db, r, at) => Sent(db, r, d, step, null, at), ct);
        else if (FixResources.Actions[step.Do].Idempotent) await SendAsync(run.Id, row.Number, ct);
        else
            await StoreAsync(run.Id, row.Number, d, (db, r, at) =>
            {
                r.End(RunStepState.Failed, "unsure", at);
                r.Enter(db, d, step.Id, at);
            }, ct);
    }

    private void Sent(HubDb db, FixRun run, FixDocument d, FixStep step, string? refused, DateTime now)
    {
        run.End(refused is null ? RunStepState.Done : RunStepState.Failed, refused ?? "go", now);
        db.Audit(clock, new Actor(run.PersonId), refused is null ? "fix.action-done" : "fix.action-failed", "run", run.Id, $"{run.Current().Operation} {refused}".Trim());
        run.Enter(db, d, refused is null ? step.Then : step.Failed, now);
    }

    // Stores what came of a step if the run still works at it; what else of the run has changed meanwhile does not matter.
    private async Task<bool> StoreAsync(Guid runId, int number, FixDocument d, Action<HubDb, FixRun, DateTime> change, CancellationToken ct)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        await using var tx = await db.Database.BeginTransactionAsync(ct);
        await db.AdvanceAsync<FixRun>(runId, ct);
        var run = await Whole(db.FixRuns).SingleAsync(r => r.Id == runId, ct);
        if (!run.WorksAt(number)) return false;
        change(db, run, clock.Now());
        var events = await SaveAsync(db, run, d, null, ct);
        await tx.CommitAsync(ct);
        live.Publish(events);
        return true;
    }

    // A call that never ends must not outlive the lease: another node would take the same step up.
    private async Task<T> WithinAsync<T>(Func<CancellationToken, Task<T>> call, CancellationToken ct)
    {
        using var late = new CancellationTokenSource(Patience, clock);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct, late.Token);
        try
        {
            return await call(limit.Token).WaitAsync(limit.Token);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            throw new TenantException("noAnswer", noAnswer: true);
        }
    }

    private async Task<FixDocument> DocumentOfAsync(FixRun run, CancellationToken ct)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        return await DocumentAsync(db, run, ct);
    }
}
