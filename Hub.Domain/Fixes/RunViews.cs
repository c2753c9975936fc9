using Hub.Domain.Text;

namespace Hub.Domain.Fixes;

/// <summary>A run as a record, made of its row and the document it follows.</summary>
internal static class RunViews
{
    public static RunView View(FixRun run, FixDocument d, bool simulated)
    {
        var timeline = run.Steps.OrderBy(s => s.Number)
            .Select(s => new TimelineEntry(s.Number, s.StepId, s.Kind, s.Title, s.State, s.Value, s.Reading, s.Operation, s.StartedAt, s.EndedAt)).ToList();
        var step = run.StepId is { } id ? d.Step(id) : null;
        var end = run.EndedAt is not null && timeline.Count > 0 && timeline[^1].Kind == "outcome" ? d.Step(timeline[^1].StepId) : null;
        return new RunView(run.Id, new FixRef(d.Slug, run.Number, d.Title, d.Summary, run.Fix.Service.Category.Name), run.State, run.Verified,
            step is null ? null : Step(step, Unsure(run)), timeline, run.Version, step is null ? [] : Ahead(d, step),
            end is null ? null : new RunOutcome(end.Title, Markdown.Article(end.Text)), Touches(d), run.PersonId, run.Person.Name,
            run.StartedAt, run.EndedAt, run.HandedOverAt, run.HandedOverToId, simulated);
    }

    public static IReadOnlyList<Touch> Touches(FixDocument d) => [.. d.Touches.Select(t => new Touch(t.Kind, t.Title, t.Text))];

    /// <summary>What a step accepts.</summary>
    public static IReadOnlyList<StepChoice> Choices(FixStep step, bool unsure) => step.Kind switch
    {
        "ask" => [.. step.Choices.Select(c => new StepChoice(c.Value, c.Label))],
        "action" when unsure => [new("sent", ""), new("go", ""), new("notNow", "")],
        "action" => [new("go", ""), new("notNow", "")],
        "instruct" => [new("done", ""), new("didNotWork", "")],
        _ => [],
    };

    /// <summary>True if the action that now waits was on its way when the hub stopped.</summary>
    public static bool Unsure(FixRun run)
    {
        var last = run.Steps.OrderBy(s => s.Number).TakeLast(2).ToList();
        return last.Count == 2 && last[0].StepId == last[1].StepId && last[0].Value == "unsure" && last[1].State == RunStepState.Waiting;
    }

    /// <summary>The likely way: titles from the first step as far as it is known without an answer.</summary>
    public static IReadOnlyList<string> Path(FixDocument d) => [d.Steps[0].Title, .. Ahead(d, d.Steps[0])];

    private static StepView Step(FixStep s, bool unsure) =>
        new(s.Id, s.Kind, s.Title, Markdown.Article(s.Text), Choices(s, unsure), string.Concat(s.On), s.DoneBy, s.IfItFails, unsure);

    // What is worth a fix leads to its action; else whatever goes on.
    private static string Likely(FixDocument d, FixStep check) =>
        (check.Branches.Find(b => d.Step(b.Then).Kind == "action") ?? check.Branches.Find(b => d.Step(b.Then).Kind != "outcome") ?? check.Branches[0]).Then;

    private static List<string> Ahead(FixDocument d, FixStep step)
    {
        var titles = new List<string>();
        var seen = new HashSet<string>(StringComparer.Ordinal) { step.Id };
        while (true)
        {
            var next = step.Kind switch { "check" => Likely(d, step), "action" or "instruct" => step.Then, "ask" => step.Choices[0].Then, _ => "" };
            if (next.Length == 0 || !seen.Add(next) || d.Step(next).Kind == "outcome") return titles;
            step = d.Step(next);
            titles.Add(step.Title);
        }
    }
}
