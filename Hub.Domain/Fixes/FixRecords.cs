using Hub.Domain.Live;

namespace Hub.Domain.Fixes;

/// <summary>How well a fix works: runs that ended within 30 days.</summary>
/// <param name="Checked">Fixed, and a check proved it.</param>
/// <param name="ByWord">Fixed by the person's word.</param>
/// <param name="PassedOn">Handed to a person.</param>
public sealed record FixFigures(int Runs, int Checked, int ByWord, int PassedOn);

/// <summary>A fix in a list, with the actor's own unfinished run of it if there is one.</summary>
public sealed record FixCard(Guid Id, string Slug, string Title, string Summary, int Minutes, string Category, FixFigures Figures, Guid? UnfinishedRunId);

/// <summary>A fix before it starts: what it does and what it touches.</summary>
public sealed record FixDetail(FixCard Fix, int Version, string Service, IReadOnlyList<Touch> Touches, IReadOnlyList<string> Steps, bool Simulated);

/// <summary>Something that a run reads or changes.</summary>
public sealed record Touch(string Kind, string Title, string Text);

/// <summary>An unfinished run of one's own. <paramref name="Step"/> counts from 1.</summary>
public sealed record UnfinishedRun(Guid Id, string Slug, string Title, RunState State, int Step, string StepTitle, DateTime StartedAt);

public sealed record FixRef(string Slug, int Version, string Title, string Summary, string Category);

/// <summary>A choice; <paramref name="Label"/> is empty where the word is the hub's own (go, notNow, done, didNotWork, sent).</summary>
public sealed record StepChoice(string Value, string Label);

/// <summary>The step that waits or works.</summary>
/// <param name="Unsure">An action that may have been sent: the person says whether it was.</param>
public sealed record StepView(string Id, string Kind, string Title, string Html, IReadOnlyList<StepChoice> Choices, string Touches, string DoneBy, string IfItFails, bool Unsure);

public sealed record TimelineEntry(int Number, string StepId, string Kind, string Title, RunStepState State, string Value, string Reading, string Operation, DateTime StartedAt, DateTime? EndedAt);

/// <summary>How it ended, in words.</summary>
public sealed record RunOutcome(string Title, string Html);

/// <summary>A run as its runner, and those who help once it was handed over, see it. Also what every event of its topic carries.</summary>
/// <param name="Version">Version of the topic <c>run:{id}</c>.</param>
/// <param name="Ahead">Titles of the steps that will likely follow.</param>
public sealed record RunView(Guid Id, FixRef Fix, RunState State, bool Verified, StepView? Step, IReadOnlyList<TimelineEntry> Timeline,
    long Version, IReadOnlyList<string> Ahead, RunOutcome? Outcome, IReadOnlyList<Touch> Touches, Guid RunnerId, string Runner, DateTime StartedAt, DateTime? EndedAt,
    DateTime? HandedOverAt, Guid? HandedOverToId, bool Simulated) : ILivePayload;

/// <summary>Payload of run-started, run-stepped and run-ended on <c>me</c>.</summary>
public sealed record RunNews(Guid RunId, string Slug, RunState State) : ILivePayload;
