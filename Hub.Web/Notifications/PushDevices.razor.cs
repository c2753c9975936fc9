using System.Globalization;
using Hub.Domain.Notifications;
using Hub.Domain.People;
using Hub.Web.Shell;
using Microsoft.AspNetCore.Components;
using Microsoft.JSInterop;

namespace Hub.Web.Notifications;

/// <summary>One's devices: this one is turned on and off in the browser, over HTTP; any is removed here.</summary>
public sealed partial class PushDevices
{
    private MyPush? mine;
    private ElementReference element;
    private DotNetObjectReference<PushDevices>? self;
    private PageScript? script;
    private string said = "";
    private bool removed;

    /// <summary>Whether the devices are told at all; saved with the page's form.</summary>
    [Parameter, EditorRequired] public bool Chosen { get; set; }

    private IEnumerable<Guid> Ids => mine?.Devices.Select(d => d.Id) ?? [];

    /// <summary>Called by the page after it has turned this device on or off: the ids of all.</summary>
    [JSInvokable]
    public async Task<IEnumerable<Guid>> ChangedAsync()
    {
        await LoadAsync();
        StateHasChanged();
        return Ids;
    }

    protected override Task OnInitializedAsync() => LoadAsync();

    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (removed && script is not null)
        {
            removed = false;
            await script.TellAsync("removed", Ids);
        }
        if (mine is null || script is not null) return;
        script = Scripts.Of("/Notifications/PushDevices.razor.js");
        await script.StartAsync(element, mine.PublicKey, T["Push.Failed"].Value, self = DotNetObjectReference.Create(this), Ids);
    }

    public async ValueTask DisposeAsync()
    {
        if (script is not null) await script.DisposeAsync();
        self?.Dispose();
    }

    private async Task LoadAsync() => mine = await Service.GetAsync(Actor) is { Ok: true, Value: var found } ? found : null;

    private async Task RemoveAsync(PushDeviceRecord device)
    {
        if ((await Service.RemoveAsync(Actor, device.Id)).Ok) said = T["Push.Removed", Name(device)];
        await LoadAsync();
        // The browser of that device may be this one; and the button that was pressed is gone, once this is on the page.
        removed = true;
    }

    private string Name(PushDeviceRecord device)
    {
        string kind = device.Kind switch { PresenceDevice.Phone => T["Push.Phone"], PresenceDevice.Tablet => T["Push.Tablet"], _ => T["Push.Desktop"] };
        return device.Browser.Length > 0 ? T["Push.Name", kind, device.Browser] : kind;
    }

    private string When(PushDeviceRecord device) => device.LastSucceededAt is { } last ? T["Push.Last", Day(device.CreatedAt), Day(last)] : T["Push.Since", Day(device.CreatedAt)];

    private static string Day(DateTime at) => at.ToLocal().ToString("d MMMM", CultureInfo.CurrentCulture);
}
