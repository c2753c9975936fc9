using System.Globalization;
using System.Text.Json;
using Hub.Domain.Meetings;
using Hub.Web.Api;
using Hub.Web.Shell;
using Microsoft.AspNetCore.Components;
using Microsoft.JSInterop;

namespace Hub.Web.Meetings;

/// <summary>Books and changes a meeting. What is typed belongs to the browser and goes over HTTP (MeetingForm.razor.js).</summary>
public sealed partial class MeetingForm : HubComponent
{
    private static readonly JsonSerializerOptions Json = Options();

    private MeetingRecord? meeting;
    private ElementReference form;
    private IJSObjectReference? module;
    private bool ready;

    /// <summary>The meeting to change; null books a new one.</summary>
    [Parameter] public Guid? Id { get; set; }

    private string Heading => T[Id is null ? "Form.New" : "Form.Edit"];

    // What the module shows by itself, in the reader's language.
    private string Words => JsonSerializer.Serialize(new[] { "Form.People.Remove", "Form.People.None", "Form.Free", "Form.Busy", "Form.BusyWith", "Form.Offline", "Form.Stale" }
        .ToDictionary(k => k, k => T[k].Value, StringComparer.Ordinal), Json);

    private string Given => JsonSerializer.Serialize(new { me = Actor.PersonId, today = Clock.GetUtcNow().ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), meeting }, Json);

    protected override async Task OnParametersSetAsync()
    {
        if (Id is { } id)
        {
            var loaded = await Service.GetAsync(Actor, id);
            meeting = loaded.Ok && loaded.Value.Organiser.Id == Actor.PersonId && loaded.Value.CancelledAt is null ? loaded.Value : null;
        }
        ready = true;
    }

    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (module is not null || !ready || (Id is not null && meeting is null)) return;
        module = await Js.InvokeAsync<IJSObjectReference>("import", "/Meetings/MeetingForm.razor.js");
        if (module is not null) await module.InvokeVoidAsync("start", form);
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            if (module is not null) await module.DisposeAsync();
        }
        catch (JSDisconnectedException)
        {
            // The page is gone, and its module with it.
        }
    }

    private static JsonSerializerOptions Options()
    {
        var options = new JsonSerializerOptions();
        ApiSetup.Json(options);
        return options;
    }
}
