using Hub.Domain.Knowledge;
using Hub.Domain.People;
using Microsoft.AspNetCore.Components;
using Microsoft.JSInterop;

namespace Hub.Web.Knowledge;

/// <summary>The frame of the editor: what may be done and its words. The text itself lives in the browser and travels over HTTP.</summary>
public partial class Editor
{
    private IReadOnlyList<ArticleShelf> services = [];
    private IJSObjectReference? module;
    private ElementReference form;
    private string? service;
    private Guid? attached = Guid.Empty;
    private bool manager, refused;

    [Inject] private KnowledgeService Knowledge { get; set; } = null!;

    [Inject] private ArticleList List { get; set; } = null!;

    [Inject] private IJSRuntime Js { get; set; } = null!;

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
        }
        else (refused, manager, service) = (false, shelves.MayPublish, null);
    }

    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (refused || attached == Id) return;
        attached = Id;
        module ??= await Js.InvokeAsync<IJSObjectReference>("import", "/Knowledge/Editor.razor.js");
        await module.InvokeVoidAsync("attach", form);
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            if (module is not null) await module.DisposeAsync();
        }
        catch (JSDisconnectedException)
        {
            // The page is gone, and the module with it.
        }
        GC.SuppressFinalize(this);
    }
}
