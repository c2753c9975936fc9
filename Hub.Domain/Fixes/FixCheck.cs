namespace Hub.Domain.Fixes;

/// <summary>What is wrong with a document.</summary>
/// <param name="Code">yaml, field, duplicate, unknownStep, unreachable, missingBranch, unknownResource, unknownAction, endless, unproved, noOutcome, tooLong or nul.</param>
/// <param name="Where">Step or line.</param>
/// <param name="What">Field, branch or step it is about.</param>
public sealed record FixError(string Code, string Where, string What);

/// <summary>Checks a document before it is stored: every way through it must lead to an outcome.</summary>
internal static class FixCheck
{
    // As long as the columns of a fix's short name and of a run's steps.
    private const int MostId = 80;

    public static IReadOnlyList<FixError> Errors(FixDocument d)
    {
        var errors = new List<FixError>();
        foreach (var (name, value) in new[] { ("slug", d.Slug), ("title", d.Title), ("summary", d.Summary), ("service", d.Service) })
            if (value.Length == 0) errors.Add(new FixError("field", "", name));
        foreach (var (name, id) in d.Steps.Select((s, i) => ($"steps[{i}].id", s.Id)).Prepend(("slug", d.Slug)))
            if (id.Length > MostId) errors.Add(new FixError("tooLong", "", name));
        if (Texts(d).Any(t => t?.Contains('\0', StringComparison.Ordinal) == true)) errors.Add(new FixError("nul", "", ""));
        if (d.Steps.Count == 0) errors.Add(new FixError("field", "", "steps"));
        var ids = d.Steps.Select(s => s.Id).ToHashSet(StringComparer.Ordinal);
        foreach (var twice in d.Steps.GroupBy(s => s.Id).Where(g => g.Count() > 1)) errors.Add(new FixError("duplicate", twice.Key, "id"));
        foreach (var step in d.Steps)
        {
            if (step.Title.Length == 0) errors.Add(new FixError("field", step.Id, "title"));
            Step(step, errors);
            foreach (var (branch, next) in Ways(step))
            {
                if (next.Length == 0) errors.Add(new FixError("missingBranch", step.Id, branch));
                else if (!ids.Contains(next)) errors.Add(new FixError("unknownStep", step.Id, next));
            }
        }
        if (errors.Count > 0) return errors;
        var reached = new HashSet<string>(StringComparer.Ordinal);
        Reach(d.Steps[0].Id);
        errors.AddRange(d.Steps.Where(s => !reached.Contains(s.Id)).Select(s => new FixError("unreachable", s.Id, s.Id)));
        if (Array.TrueForAll([.. reached.Select(d.Step)], s => s.Kind != "outcome")) errors.Add(new FixError("noOutcome", "", ""));
        // "Fixed" is only ever what a check has seen; anything else is the person's word.
        errors.AddRange(from s in d.Steps where s.Kind != "check" from w in Ways(s) where d.Step(w.Next).Result == "fixed" select new FixError("unproved", s.Id, w.Next));
        // Checks follow one another without a person: a ring of nothing but checks would never end.
        errors.AddRange(d.Steps.Where(s => s.Kind == "check" && Ring(s.Id, s.Id, [])).Select(s => new FixError("endless", s.Id, s.Id)));
        return errors;

        void Reach(string id)
        {
            if (!reached.Add(id)) return;
            foreach (var (_, next) in Ways(d.Step(id))) Reach(next);
        }

        bool Ring(string from, string to, HashSet<string> seen) =>
            Ways(d.Step(from)).Where(w => d.Step(w.Next).Kind == "check").Any(w => w.Next == to || (seen.Add(w.Next) && Ring(w.Next, to, seen)));
    }

    /// <summary>Every branch of a step with the step it leads to.</summary>
    public static IEnumerable<(string Branch, string Next)> Ways(FixStep step) => step.Kind switch
    {
        "ask" => step.Choices.Select(c => (c.Value, c.Then)),
        "check" => [.. step.Branches.Select(b => (b.Say, b.Then)), ("failed", step.Failed)],
        "action" => [("then", step.Then), ("notNow", step.NotNow), ("failed", step.Failed)],
        "instruct" => [("then", step.Then), ("failed", step.Failed)],
        _ => [],
    };

    // All that is the author's own words; the rest has to be one of a few.
    private static IEnumerable<string?> Texts(FixDocument d) =>
    [
        d.Slug, d.Title, d.Summary, d.Service, d.Keywords, .. d.Touches.SelectMany(t => new[] { t.Kind, t.Title, t.Text }),
        .. d.Steps.SelectMany(s => new[] { s.Id, s.Title, s.Text, s.DoneBy, s.IfItFails }),
        .. d.Steps.SelectMany(s => s.Choices).SelectMany(c => new[] { c.Value, c.Label }),
        .. d.Steps.SelectMany(s => s.Branches).SelectMany(b => new[] { b.Value, b.Is, b.Before, b.After, b.Of, b.Say, b.Because }),
    ];

    private static void Step(FixStep step, List<FixError> errors)
    {
        switch (step.Kind)
        {
            case "ask":
                if (step.Choices.Count < 2 || step.Choices.Any(c => c.Label.Length == 0)) errors.Add(new FixError("field", step.Id, "choices"));
                break;
            case "check":
                if (step.Branches.Count == 0 || step.Branches[^1].Value.Length > 0) errors.Add(new FixError("missingBranch", step.Id, "branches"));
                if (step.Branches.SkipLast(1).Any(b => b.Value.Length == 0)) errors.Add(new FixError("field", step.Id, "value"));
                if (step.Read.Count == 0) errors.Add(new FixError("field", step.Id, "read"));
                errors.AddRange(step.Read.Where(r => !FixResources.Reads.ContainsKey(r)).Select(r => new FixError("unknownResource", step.Id, r)));
                break;
            case "action":
                if (!FixResources.Actions.ContainsKey(step.Do)) errors.Add(new FixError("unknownAction", step.Id, step.Do));
                if (!FixResources.Reads.ContainsKey(step.On)) errors.Add(new FixError("unknownResource", step.Id, step.On));
                if (step.DoneBy.Length == 0) errors.Add(new FixError("field", step.Id, "doneBy"));
                if (step.IfItFails.Length == 0) errors.Add(new FixError("field", step.Id, "ifItFails"));
                break;
            case "instruct":
                break;
            case "outcome":
                if (step.Result is not ("fixed" or "fixedByWord" or "notFixed")) errors.Add(new FixError("field", step.Id, "result"));
                break;
            default:
                errors.Add(new FixError("field", step.Id, "kind"));
                break;
        }
    }
}
