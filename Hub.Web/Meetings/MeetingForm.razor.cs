using System.Text.Json;
using Hub.Domain.Live;
using Hub.Domain.Meetings;
using Hub.Web.Api;
using Hub.Web.Live;
using Hub.Web.Shell;
using Microsoft.AspNetCore.Components;

namespace Hub.Web.Meetings;

/// <summary>Books and changes a meeting. What is typed belongs to the browser and goes over HTTP (MeetingForm.razor.js).</summary>
public sealed partial class MeetingForm : LiveComponent
{
    private static readonly JsonSerializerOptions Json = Options();

    private const int MostWith = 50, MostTitle = 200;

    private MeetingRecord? meeting;
    private List<Invited> people = [];
    private ElementReference form;
    private PageScript? script;
    private IDisposable? watch;
    private Guid? followed;
    private long told;
    private string? started;
    private bool ready;

    /// <summary>The meeting to change; null books a new one.</summary>
    [Parameter] public Guid? Id { get; set; }

    /// <summary>RECURRENCE-ID of the occurrence that one came from.</summary>
    [SupplyParameterFromQuery] public string? On { get; set; }

    /// <summary>The conversation from which one books: what is begun there is kept apart from what is begun elsewhere.</summary>
    [SupplyParameterFromQuery] public Guid? From { get; set; }

    /// <summary>Title that a new meeting begins with.</summary>
    [SupplyParameterFromQuery] public string? Title { get; set; }

    /// <summary>Ids of people whom a new meeting begins with, at most <see cref="MostWith"/>; who is not found is left out.</summary>
    [SupplyParameterFromQuery] public Guid[]? With { get; set; }

    private string Key => Id?.ToString() ?? (From is { } place ? $"new-{place}" : "new");

    private string Heading => T[Id is null ? "Form.New" : meeting?.Recurrence is null ? "Form.Edit" : "Form.Edit.Series"];

    // Back to the page, and the occurrence, that one came from.
    private string Back => Id is null ? "/meetings" : On is null ? $"/meetings/{Id}" : $"/meetings/{Id}?on={Uri.EscapeDataString(On)}";

    // What the module shows by itself, in the reader's language.
    private string Words => JsonSerializer.Serialize(new[] { "Form.People.Remove", "Form.People.None", "Form.Free", "Form.Busy", "Form.BusyWith", "Form.Offline", "Form.Stale", "Form.Newer", "Form.Cancelled", "Form.NoTime", "Form.Past", "Form.First" }
        .ToDictionary(k => k, k => T[k].Value, StringComparer.Ordinal), Json);

    private string Given => JsonSerializer.Serialize(new { me = Actor.PersonId, now = Clock.GetUtcNow(), meeting, title = Title is { Length: > MostTitle } ? Title[..MostTitle] : Title, people }, Json);

    protected override async Task OnParametersSetAsync()
    {
        if (ready && followed == Id) return;
        Unfollow(watch);
        (meeting, followed) = (null, Id);
        people = Id is null && RendererInfo.IsInteractive ? await PeopleAsync() : [];
        if (Id is { } id) watch = await FollowAsync(Topic.Meeting(id), LoadAsync, Take);
        told = meeting?.Version ?? 0;
        ready = true;
    }

    private async Task<List<Invited>> PeopleAsync()
    {
        var found = new List<Invited>();
        foreach (var id in (With ?? []).Distinct().Where(p => p != Actor.PersonId).Take(MostWith))
            if (await Colleagues.GetAsync(Actor, id) is { Ok: true, Value: var person }) found.Add(new Invited(person.Email, person.Name));
        return found;
    }

    private async Task<long> LoadAsync()
    {
        var loaded = await Service.GetAsync(Actor, followed!.Value);
        // Once open the form stays: what was typed in it is not taken away by a cancellation.
        if (loaded.Ok && loaded.Value.Organiser.Id == Actor.PersonId && (meeting is not null || loaded.Value.CancelledAt is null)) meeting = loaded.Value;
        return meeting?.Version ?? 0;
    }

    private bool Take(LiveEvent e)
    {
        if (meeting?.Apply(e) is not { } next) return false;
        meeting = next;
        return true;
    }

    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (started == Key && script is not null && meeting is not null && meeting.Version > told)
        {
            told = meeting.Version;
            await script.TellAsync("news", JsonSerializer.SerializeToElement(meeting, Json));
        }
        if (started == Key || !ready || (Id is not null && meeting is null)) return;
        started = Key;
        if (script is not null) await script.DisposeAsync();
        script = Scripts.Of("/Meetings/MeetingForm.razor.js");
        await script.StartAsync(form);
    }

    private sealed record Invited(string Email, string Name);

    public async ValueTask DisposeAsync()
    {
        Dispose();
        if (script is not null) await script.DisposeAsync();
    }

    private static JsonSerializerOptions Options()
    {
        var options = new JsonSerializerOptions();
        ApiSetup.Json(options);
        return options;
    }
}
