using YamlDotNet.Core;
using YamlDotNet.Serialization;
using YamlDotNet.Serialization.NamingConventions;

namespace Hub.Domain.Fixes;

/// <summary>A fix as its author writes it. The first step is where a run begins.</summary>
public sealed class FixDocument
{
    public string Slug { get; set; } = "";
    public string Title { get; set; } = "";
    public string Summary { get; set; } = "";
    /// <summary>Slug of the service it belongs to.</summary>
    public string Service { get; set; } = "";
    public int Minutes { get; set; }
    /// <summary>Words people use for the problem; found by search.</summary>
    public string Keywords { get; set; } = "";
    public List<FixTouch> Touches { get; set; } = [];
    public List<FixStep> Steps { get; set; } = [];

    /// <exception cref="KeyNotFoundException">No such step; a checked document has none such.</exception>
    public FixStep Step(string id) => Steps.Find(s => s.Id == id) ?? throw new KeyNotFoundException(id);

    /// <summary>Reads a document that has been checked when it was published.</summary>
    public static FixDocument Parse(string yaml) =>
        new DeserializerBuilder().WithNamingConvention(CamelCaseNamingConvention.Instance).Build().Deserialize<FixDocument>(yaml) ?? new FixDocument();

    /// <summary>Everything that is wrong with a document, each with the step it is in; empty for a sound one. For authors.</summary>
    public static IReadOnlyList<FixError> Check(string yaml)
    {
        try
        {
            return yaml.Contains('\0', StringComparison.Ordinal) ? [new FixError("nul", "", "")] : FixCheck.Errors(Parse(yaml));
        }
        catch (YamlException e)
        {
            return [new FixError("yaml", $"{e.Start.Line}", e.InnerException?.Message ?? e.Message)];
        }
    }
}

/// <summary>What a run will look at or change, shown before it starts.</summary>
public sealed class FixTouch
{
    /// <summary>account, phone, laptop, desktop or service.</summary>
    public string Kind { get; set; } = "";
    public string Title { get; set; } = "";
    public string Text { get; set; } = "";
}

/// <summary>One step; which fields it has depends on its kind (docs/fixes.md).</summary>
public sealed class FixStep
{
    public string Id { get; set; } = "";
    /// <summary>ask, check, action, instruct or outcome.</summary>
    public string Kind { get; set; } = "";
    public string Title { get; set; } = "";
    /// <summary>Markdown.</summary>
    public string Text { get; set; } = "";
    /// <summary>ask: the choices.</summary>
    public List<FixChoice> Choices { get; set; } = [];
    /// <summary>check: resources to read (<see cref="FixResources"/>).</summary>
    public List<string> Read { get; set; } = [];
    /// <summary>check: seconds to keep looking before the branch without a condition is taken.</summary>
    public int Wait { get; set; }
    /// <summary>check: the first branch whose condition holds; the last has none.</summary>
    public List<FixBranch> Branches { get; set; } = [];
    /// <summary>action: its name (<see cref="FixResources.Actions"/>) and the resource it acts on.</summary>
    public string Do { get; set; } = "";
    public string On { get; set; } = "";
    /// <summary>action: facts that stand above the button.</summary>
    public string DoneBy { get; set; } = "";
    public string IfItFails { get; set; } = "";
    /// <summary>action: step after it was sent; instruct: after Done.</summary>
    public string Then { get; set; } = "";
    /// <summary>action: after Not now.</summary>
    public string NotNow { get; set; } = "";
    /// <summary>check, action: when the tenant refuses; instruct: after Did not work.</summary>
    public string Failed { get; set; } = "";
    /// <summary>outcome: fixed, fixedByWord or notFixed.</summary>
    public string Result { get; set; } = "";
}

public sealed class FixChoice
{
    public string Value { get; set; } = "";
    public string Label { get; set; } = "";
    public string Then { get; set; } = "";
}

/// <summary>What a reading means and where it leads.</summary>
public sealed class FixBranch
{
    /// <summary>For example <c>phone.exchangeLastSuccessfulSyncDateTime</c>; empty in the last branch.</summary>
    public string Value { get; set; } = "";
    public string? Is { get; set; }
    public bool? Missing { get; set; }
    /// <summary>Days.</summary>
    public double? OlderThan { get; set; }
    /// <summary>Another value: the time is before, or after, it. <c>run.sentAt</c> is when the last action was sent.</summary>
    public string? Before { get; set; }
    public string? After { get; set; }
    /// <summary>Percent of <see cref="Of"/>.</summary>
    public double? Below { get; set; }
    public string? Of { get; set; }
    /// <summary>Title of the step in the timeline once this was read.</summary>
    public string Say { get; set; } = "";
    public string Because { get; set; } = "";
    /// <summary>True when this is the trouble that was looked for.</summary>
    public bool Found { get; set; }
    public string Then { get; set; } = "";
}
