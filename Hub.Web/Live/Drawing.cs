using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Rendering;

namespace Hub.Web.Live;

/// <summary>Stands once in the layout and shows nothing: what waits on the page is drawn while this is, so that all of it is one render.</summary>
public sealed class Drawing : ComponentBase, IDisposable
{
    [Inject] private LivePage Page { get; set; } = null!;

    protected override void OnInitialized()
    {
        if (RendererInfo.IsInteractive) Page.Begin(StateHasChanged);
    }

    protected override void BuildRenderTree(RenderTreeBuilder builder) => Page.DrawWaiting();

    protected override void OnAfterRender(bool firstRender) => Page.Acknowledged();

    public void Dispose() => Page.Begin(null);
}
