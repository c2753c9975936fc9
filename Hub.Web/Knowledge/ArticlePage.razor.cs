using Hub.Domain;
using Hub.Domain.Knowledge;
using Hub.Domain.Live;
using Microsoft.AspNetCore.Components;

namespace Hub.Web.Knowledge;

/// <summary>One article, as its reader sees it now: a new version shows at once.</summary>
public partial class ArticlePage
{
    private ArticleShelves? shelves;
    private ArticleView? view;
    private ArticleVersionText? old;
    private MyFeedback? mine;
    private IReadOnlyList<ArticleVersionRow> versions = [];
    private IDisposable? watch, answers;
    private Guid shown;
    private string message = "";
    private bool gone, busy;

    [Inject] private KnowledgeService Knowledge { get; set; } = null!;

    [Inject] private ArticleList List { get; set; } = null!;

    [Inject] private FeedbackService Feedback { get; set; } = null!;

    [Inject] private LiveBus Bus { get; set; } = null!;

    [Inject] private IServiceProvider Services { get; set; } = null!;

    [Parameter] public Guid Id { get; set; }

    [SupplyParameterFromQuery] public int? Version { get; set; }

    private string Title => old?.Title ?? view!.Title;

    // The page has a base address, so a link to a heading needs the article's own; what it is put into was made by the sanitiser.
    private string Here(string html) =>
        html.Replace($"href=\"#{Hub.Domain.Text.Markdown.Place}", $"href=\"/articles/{Id}{(old is null ? "" : $"?version={old.Number}")}#{Hub.Domain.Text.Markdown.Place}", StringComparison.Ordinal);

    private static string Day(DateTime time) => ArticlesPage.Day(time);

    protected override async Task OnParametersSetAsync()
    {
        if (shown != Id)
        {
            shown = Id;
            (view, old, message, gone) = (null, null, "", false);
            shelves = await List.ShelvesAsync(Actor);
            Unfollow(watch);
            watch = await FollowAsync(Topic.Article(Id), LoadAsync, Apply, () => gone = true);
            answers ??= await FollowAsync(Topic.Me(Actor.PersonId), LoadMineAsync, e => e.Payload is not ArticleAnswered a || a.Id != Id);
        }
        var seen = Version is { } number && !gone ? await List.VersionAsync(Actor, Id, number) : default;
        old = Version is not null && seen.Ok && Version != view?.PublishedNumber ? seen.Value : null;
    }

    private async Task<long> LoadAsync()
    {
        var found = await Knowledge.GetAsync(Actor, Id);
        gone = !found.Ok;
        if (gone) return -1;
        if (view?.PublishedNumber is { } before && found.Value.PublishedNumber > before) message = T["Updated"];
        var answered = await Feedback.MineAsync(Actor, Id);
        (view, mine) = (found.Value, answered);
        versions = (await List.VersionsAsync(Actor, Id)) is { Ok: true } v ? v.Value : [];
        return view.Version;
    }

    private async Task<long> LoadMineAsync()
    {
        // Read before the answer: what happens between the two is applied again, never missed.
        var version = Bus.LatestVersion(Topic.Me(Actor.PersonId)) ?? 0;
        mine = await Feedback.MineAsync(Actor, Id);
        return version;
    }

    private bool Apply(LiveEvent e)
    {
        if (view?.Apply(e) is not { } after) return false;
        view = after;
        return true;
    }

    private async Task PublishAsync()
    {
        busy = true;
        var done = await Knowledge.PublishAsync(Actor, Id, view!.Version);
        message = done.Refusal is { } refusal ? Services.GetRequiredService<Hub.Web.Shell.Refusals>().Text(refusal) : T["Published.Done"];
        await LoadAsync();
        busy = false;
    }
}
