using System.Globalization;
using Hub.Domain.Knowledge;
using Hub.Domain.Live;
using Hub.Web.Shell;
using Microsoft.AspNetCore.Components;

namespace Hub.Web.Knowledge;

/// <summary>The list of articles: watches the shelves of every body whose articles reach the reader.</summary>
public partial class ArticlesPage
{
    private readonly HashSet<Guid> followed = [];
    private ArticleShelves? shelves;
    private IReadOnlyList<ArticleRow>? rows;
    private string? next, shownFor;
    private string title = "";
    private int asked;
    private bool drafts, watching;

    [Inject] private ArticleList List { get; set; } = null!;

    [SupplyParameterFromQuery] public string? Service { get; set; }

    [SupplyParameterFromQuery] public string? Show { get; set; }

    internal static string Day(DateTime time) => time.ToLocal().ToString("d MMM yyyy", CultureInfo.CurrentCulture);

    protected override async Task OnParametersSetAsync()
    {
        drafts = Show == "drafts";
        if (shownFor == $"{Service}/{Show}") return;
        shownFor = $"{Service}/{Show}";
        rows = null;
        shelves ??= await List.ShelvesAsync(Actor);
        title = drafts ? T["Drafts"] : shelves.Services.FirstOrDefault(s => s.Slug == Service)?.Name ?? T["All"];
        // All shelves are watched before the list is loaded once for them.
        if (followed.Count == 0)
        {
            foreach (var body in shelves.Bodies.Where(followed.Add).ToList())
                await FollowAsync(new Topic("articles", body), () => watching ? LoadAsync() : Task.FromResult(-1L), _ => false);
        }
        watching = true;
        await LoadAsync();
    }

    // The list has no version of its own for one reader: every change of a shelf loads it again, a burst once.
    private async Task<long> LoadAsync()
    {
        var mine = ++asked;
        var found = await List.ShelvesAsync(Actor);
        var count = Math.Clamp(rows?.Count ?? 0, 50, 200);
        var page = (await List.ListAsync(Actor, new ArticleQuery(Service, drafts, null, count))).Value;
        if (mine == asked) (shelves, rows, next) = (found, page.Items, page.Next);
        return -1;
    }

    private async Task MoreAsync()
    {
        var page = (await List.ListAsync(Actor, new ArticleQuery(Service, drafts, next))).Value;
        (rows, next) = ([.. rows!, .. page.Items.ExceptBy(rows!.Select(r => r.Id), r => r.Id)], page.Next);
    }
}
