using Hub.Domain;
using Hub.Domain.Live;
using Hub.Domain.Storage;
using Hub.Web.Shell;
using Microsoft.AspNetCore.Components;

namespace Hub.Web.Live;

/// <summary>Nodes and queues: loaded again every two and a half seconds while it is open, six small queries; focus and selection stay where they are.</summary>
public partial class NodesPage
{
    private PeriodicTimer? timer;
    private NodeList? nodes;
    private WorkView? work;
    private DateTime now;
    private string said = "";
    private ElementReference failed;
    private bool toFailed;

    [Inject] private NodeService Nodes { get; set; } = null!;

    [Inject] private WorkQueues Queues { get; set; } = null!;

    [Inject] private TimeProvider Clock { get; set; } = null!;

    [Inject] private NavigationManager Navigation { get; set; } = null!;

    [Inject] private Refusals Refusals { get; set; } = null!;

    [Inject] private ILogger<NodesPage> Log { get; set; } = null!;

    internal static string KindName(Microsoft.Extensions.Localization.IStringLocalizer words, string kind) => words[$"Kind.{kind}"] is { ResourceNotFound: false } known ? known : kind;

    protected override Task OnInitializedAsync() => LoadAsync();

    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (toFailed)
        {
            toFailed = false;
            await failed.FocusAsync();
        }
        if (!firstRender) return;
        timer = new PeriodicTimer(TimeSpan.FromSeconds(2.5), Clock);
        while (await timer.WaitForNextTickAsync())
        {
            try
            {
                await LoadAsync();
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                // The page goes on showing what it has; the layout says that the database does not answer.
                Log.LogInformation("Nodes and work could not be read ({Reason}); it is tried again", e.GetType().Name);
            }
            Refresh();
        }
    }

    public override void Dispose()
    {
        timer?.Dispose();
        base.Dispose();
        GC.SuppressFinalize(this);
    }

    private async Task LoadAsync()
    {
        var (found, queues) = (await Nodes.ListAsync(Actor), await Queues.GetAsync(Actor));
        if (!found.Ok || !queues.Ok) Navigation.NotFound();
        else (nodes, work, now) = (found.Value, queues.Value, Clock.Now());
    }

    private async Task RetryAsync(FailedWork row)
    {
        var outcome = await Queues.RetryAsync(Actor, row.Id);
        said = outcome.Refusal is { } refusal ? Refusals.Text(refusal) : T["Retry.Done", KindName(T, row.Kind)];
        await LoadAsync();
        // The button that had the focus has gone with its row.
        toFailed = true;
    }

    private static IEnumerable<string> Hints(NodeList all)
    {
        var living = all.Items.Where(n => n.State != NodeState.Ended && !n.Silent).ToList();
        if (living.DistinctBy(n => n.Version).Count() > 1) yield return "Hint.Versions";
        if (living.Any(n => n.Link == NodeLink.Late)) yield return "Hint.Late";
        else if (living.Count > 1 && living.Any(n => n.Link == NodeLink.Alone)) yield return "Hint.Alone";
    }
}
