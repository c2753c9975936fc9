using Hub.Domain.Audit;
using Hub.Domain.Devices;
using Hub.Domain.Live;
using Hub.Domain.People;
using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.Fixes;

/// <summary>
/// Runs of fixes. Every step is stored before the next begins, an action's intent before it is sent; so a run goes on from any
/// device, and after a crash nothing is done twice that must not be.
/// </summary>
public sealed class RunService(IDbContextFactory<HubDb> hub, LiveBus live, IDeviceManagement devices, RunEngine engine, IEnumerable<IHelpDesk> helpDesks, TimeProvider clock)
{
    /// <summary>Starts the published version.</summary>
    public async Task<Outcome<RunView>> StartAsync(Actor actor, string slug, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        var fix = await db.Fixes.VisibleTo(viewer).Where(f => f.Slug == slug).Select(f => new { f.Id, Number = f.PublishedNumber!.Value }).FirstOrDefaultAsync(ct);
        if (fix is null) return Refusal.NotFound;
        var d = FixDocument.Parse(await db.FixVersions.Where(v => v.FixId == fix.Id && v.Number == fix.Number).Select(v => v.Document).SingleAsync(ct));
        var now = clock.Now();
        await using var tx = await db.Database.BeginTransactionAsync(ct);
        var mine = await db.Devices.VisibleTo(viewer).OrderBy(x => x.Name).ThenBy(x => x.Id).Select(x => new { x.Kind, x.Id }).ToListAsync(ct);
        var run = new FixRun
        {
            Id = clock.NewId(), FixId = fix.Id, Number = fix.Number, PersonId = actor.PersonId, StartedAt = now,
            DeviceIds = [.. mine.DistinctBy(x => x.Kind).Select(x => x.Id)],
        };
        db.FixRuns.Add(run);
        run.Enter(db, d, d.Steps[0].Id, now);
        await db.SaveChangesAsync(ct);
        var me = await db.AdvanceAsync<Person>(actor.PersonId, ct);
        await tx.CommitAsync(ct);
        live.Publish(new LiveEvent(Topic.Me(actor.PersonId), me, "run-started", new RunNews(run.Id, d.Slug, run.State)));
        await engine.WorkOnAsync(run.Id, ct);
        return await GetAsync(actor, run.Id, ct);
    }

    /// <summary>A run, for its runner and, once handed over, for those who help.</summary>
    public async Task<Outcome<RunView>> GetAsync(Actor actor, Guid runId, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        var run = await RunEngine.Whole(db.FixRuns.VisibleTo(viewer).AsNoTracking()).FirstOrDefaultAsync(r => r.Id == runId, ct);
        return run is null ? Refusal.NotFound : RunViews.View(run, await RunEngine.DocumentAsync(db, run, ct), devices.Simulated);
    }

    /// <summary>Answers the step that waits. Only the runner may; another step than the one that waits is stale.</summary>
    /// <param name="value">A choice of the step: see <see cref="StepView.Choices"/>.</param>
    public async Task<Outcome<RunView>> AnswerAsync(Actor actor, Guid runId, string? stepId, string? value, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        if (await RunnerAsync(db, actor, runId, ct) is { } refusal) return refusal;
        await using var tx = await db.Database.BeginTransactionAsync(ct);
        await db.AdvanceAsync<FixRun>(runId, ct);
        var run = await RunEngine.Whole(db.FixRuns).SingleAsync(r => r.Id == runId, ct);
        if (run.State != RunState.Waiting || run.StepId != stepId)
        {
            await tx.RollbackAsync(ct);
            return Refusal.Stale((await GetAsync(actor, runId, ct)).Value);
        }
        var d = await RunEngine.DocumentAsync(db, run, ct);
        var step = d.Step(run.StepId!);
        if (RunViews.Choices(step, RunViews.Unsure(run)).All(c => c.Value != value)) return Refusal.Invalid("value", "run.value");
        var sends = Take(db, actor, run, d, step, value!);
        var events = await engine.SaveAsync(db, run, d, null, ct);
        await tx.CommitAsync(ct);
        live.Publish(events);
        await engine.GoOnAsync(runId, sends ? run.Current().Number : null, ct);
        return await GetAsync(actor, runId, ct);
    }

    /// <summary>The runner leaves it at that.</summary>
    public async Task<Outcome<RunView>> AbandonAsync(Actor actor, Guid runId, CancellationToken ct = default) =>
        await ChangeAsync(actor, runId, (db, run, now) =>
        {
            if (run.EndedAt is null) run.Finish(RunState.Abandoned, false, "", now);
        }, ct);

    /// <summary>
    /// "Get a person": the runner's words and the run go to the help channel; from then on those who help may read it. A run
    /// that still waits ends as not fixed. Gives the conversation; again gives the same one.
    /// </summary>
    public async Task<Outcome<Guid>> HandOverAsync(Actor actor, Guid runId, string? text, CancellationToken ct = default)
    {
        await using (var db = await hub.CreateDbContextAsync(ct))
        {
            if (await RunnerAsync(db, actor, runId, ct) is { } refusal) return refusal;
            if (await db.FixRuns.Where(r => r.Id == runId && r.HandedOverAt != null).Select(r => r.HandedOverToId).FirstOrDefaultAsync(ct) is { } before) return before;
        }
        if (helpDesks.FirstOrDefault() is not { } helpDesk) return Refusal.Conflict("run.noHelp");
        var posted = await helpDesk.HandOverAsync(actor, runId, text ?? "", ct);
        if (!posted.Ok) return posted;
        var done = await ChangeAsync(actor, runId, (db, run, now) =>
        {
            (run.HandedOverAt, run.HandedOverToId) = (now, posted.Value);
            if (run.State == RunState.Waiting) run.Finish(RunState.NotFixed, false, "", now);
            db.Audit(clock, actor, "fix.hand-over", "run", runId, posted.Value.ToString());
        }, ct, "run-handed-over");
        return done.Refusal is { } r ? r : posted.Value;
    }

    // True if an action's intent stands now and must be sent once it is committed.
    private bool Take(HubDb db, Actor actor, FixRun run, FixDocument d, FixStep step, string value)
    {
        var now = clock.Now();
        if (step.Kind == "action" && value == "go")
        {
            var row = run.Current();
            (row.State, row.Value, row.StartedAt) = (RunStepState.Intended, value, now);
            (run.State, run.DueAt) = (RunState.Working, now + RunStory.Lease);
            db.Audit(clock, actor, "fix.action", "run", run.Id, row.Operation);
            return true;
        }
        if (value == "sent") run.Current().StartedAt = run.Steps.Single(s => s.Number == run.Steps.Count - 1).StartedAt;
        run.End(value == "didNotWork" ? RunStepState.Failed : RunStepState.Done, value, now);
        run.Enter(db, d, (step.Kind, value) switch
        {
            ("ask", _) => step.Choices.Single(c => c.Value == value).Then,
            (_, "notNow") => step.NotNow,
            (_, "didNotWork") => step.Failed,
            _ => step.Then,
        }, now);
        return false;
    }

    private async Task<Outcome<RunView>> ChangeAsync(Actor actor, Guid runId, Action<HubDb, FixRun, DateTime> change, CancellationToken ct, string? name = null)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        if (await RunnerAsync(db, actor, runId, ct) is { } refusal) return refusal;
        await using var tx = await db.Database.BeginTransactionAsync(ct);
        await db.AdvanceAsync<FixRun>(runId, ct);
        var run = await RunEngine.Whole(db.FixRuns).SingleAsync(r => r.Id == runId, ct);
        var d = await RunEngine.DocumentAsync(db, run, ct);
        change(db, run, clock.Now());
        var events = await engine.SaveAsync(db, run, d, name, ct);
        await tx.CommitAsync(ct);
        live.Publish(events);
        return RunViews.View(run, d, devices.Simulated);
    }

    private static async Task<Refusal?> RunnerAsync(HubDb db, Actor actor, Guid runId, CancellationToken ct)
    {
        var viewer = await db.EnterAsync(actor, ct);
        var runner = await db.FixRuns.VisibleTo(viewer).Where(r => r.Id == runId).Select(r => (Guid?)r.PersonId).FirstOrDefaultAsync(ct);
        return runner is null ? Refusal.NotFound : runner != viewer.PersonId ? Refusal.Forbidden : null;
    }
}
