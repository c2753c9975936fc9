using Hub.Domain.Storage;

namespace Hub.Domain.Fixes;

/// <summary>How a run's row changes from step to step. Decides and stores nothing by itself: the caller's transaction does.</summary>
internal static class RunStory
{
    /// <summary>An action that takes longer than this is looked at again.</summary>
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);

    /// <summary>How long the tenant may take for what one step asks of it. Looking whether an action was taken and sending it again are two such times, and stay within the lease.</summary>
    public static readonly TimeSpan Answer = TimeSpan.FromSeconds(12);

    /// <summary>Between two looks at something that is awaited.</summary>
    public static readonly TimeSpan Poll = TimeSpan.FromSeconds(2);

    /// <summary>Until the next look after the tenant gave no answer: it may have too much to do.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromSeconds(10);

    /// <summary>A check looks at least this long before no answer is taken for a failure.</summary>
    public static readonly TimeSpan Unanswered = TimeSpan.FromSeconds(30);

    /// <summary>After this long without an answer an action is not sent again.</summary>
    public static readonly TimeSpan GiveUp = TimeSpan.FromMinutes(5);

    /// <summary>The step that stands now.</summary>
    public static RunStep Current(this FixRun run) => run.Steps.MaxBy(s => s.Number)!;

    /// <summary>True if the hub is at work on this step.</summary>
    public static bool WorksAt(this FixRun run, int number) => run.State == RunState.Working && run.Current().Number == number;

    /// <summary>Ends the current step.</summary>
    public static void End(this FixRun run, RunStepState state, string value, DateTime now)
    {
        var row = run.Current();
        (row.State, row.Value, row.EndedAt) = (state, value, now);
    }

    /// <summary>Goes to a step; an outcome ends the run.</summary>
    public static void Enter(this FixRun run, HubDb db, FixDocument d, string id, DateTime now)
    {
        var step = d.Step(id);
        var row = new RunStep
        {
            RunId = run.Id, Number = run.Steps.Count + 1, StepId = id, Kind = step.Kind, Title = step.Title, StartedAt = now,
            Operation = step.Kind switch
            {
                "check" => string.Join("; ", step.Read.Select(r => FixResources.Reads[r])),
                "action" => FixResources.Actions[step.Do].Operation,
                _ => "",
            },
        };
        db.RunSteps.Add(row);
        if (!run.Steps.Contains(row)) run.Steps.Add(row);
        (run.StepId, run.State, run.DueAt) = (id, RunState.Waiting, null);
        if (step.Kind == "check") (run.State, run.DueAt) = (RunState.Working, now);
        if (step.Kind != "outcome") return;
        (row.State, row.EndedAt) = (RunStepState.Done, now);
        run.Finish(step.Result == "notFixed" ? RunState.NotFixed : RunState.Fixed, step.Result == "fixed", step.Title, now);
    }

    public static void Finish(this FixRun run, RunState state, bool verified, string outcome, DateTime now) =>
        (run.State, run.Verified, run.OutcomeTitle, run.StepId, run.DueAt, run.EndedAt) = (state, verified, outcome, null, null, now);
}
