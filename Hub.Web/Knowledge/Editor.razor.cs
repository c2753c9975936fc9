using Hub.Domain.Knowledge;
using Hub.Domain.People;
using Hub.Web.Shell;
using Microsoft.AspNetCore.Components;

namespace Hub.Web.Knowledge;

/// <summary>The frame of the editor: what may be done and its words. The text itself lives in the browser and travels over HTTP.</summary>
public sealed partial class Editor
{
    private IReadOnlyList<ArticleShelf> services = [];
    private IReadOnlyList<ArticleReader> readers = [];
    private HashSet<Guid> chosen = [];
    private PageScript? script;
    private ElementReference form;
    private string? service;
    private Guid? attached = Guid.Empty;
    private bool manager, refused, mayChoose;
    private (bool, Guid?) loaded;

    [Inject] private KnowledgeService Knowledge { get; set; } = null!;

    [Inject] private ArticleList List { get; set; } = null!;

    [Inject] private PageScripts Scripts { get; set; } = null!;

    [Parameter] public Guid? Id { get; set; }

    private string Key(string box) => $"article:{(Id is { } id ? id.ToString() : "new")}:{box}";

    protected override async Task OnParametersSetAsync()
    {
        var shelves = await List.ShelvesAsync(Actor);
        services = shelves.Services;
        if (Id is { } id)
        {
            var found = await Knowledge.GetAsync(Actor, id);
            refused = !found.Ok || !found.Value.MayEdit;
            manager = found.Ok && found.Value.MayPublish;
            service = found.Ok ? found.Value.Service?.Name : null;
            mayChoose = found.Ok && (manager || found.Value.PublishedNumber is null);
            await ReadersAsync(found.Ok ? found.Value.Audience : []);
        }
        else
        {
            (refused, manager, service, mayChoose) = (false, shelves.MayPublish, null, true);
            await ReadersAsync(null);
        }
        loaded = (true, Id);
    }

    // Bodies to choose from, and whoever else it is for already. A new article is for the writer's own body.
    private async Task ReadersAsync(IReadOnlyList<ArticleReader>? audience)
    {
        var bodies = await List.BodiesAsync(Actor);
        audience ??= [.. bodies.Take(1)];
        chosen = [.. audience.Select(r => r.Id)];
        readers = [.. bodies, .. audience.ExceptBy(bodies.Select(b => b.Id), r => r.Id)];
    }

    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        // Not before the boxes stand there that it takes hold of.
        if (refused || loaded != (true, Id) || attached == Id) return;
        attached = Id;
        script ??= Scripts.Of("/Knowledge/Editor.razor.js");
        await script.CallAsync("attach", form);
    }

    public async ValueTask DisposeAsync()
    {
        if (script is not null) await script.DisposeAsync();
    }
}
