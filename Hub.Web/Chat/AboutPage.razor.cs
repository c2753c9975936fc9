using System.Globalization;
using Hub.Domain;
using Hub.Domain.Chat;
using Hub.Domain.Live;
using Hub.Web.Shell;
using Microsoft.AspNetCore.Components;

namespace Hub.Web.Chat;

/// <summary>What a conversation is, who is in it, and what those who run it may change; it follows what others change.</summary>
public sealed partial class AboutPage
{
    private ChannelAbout? about;
    private IDisposable? watch;
    private Guid shown;
    private Author? undo;
    private string? marking, day;
    private string message = "";
    private bool missing;
    private int changes;

    [Parameter] public Guid Id { get; set; }

    /// <summary>Part of a member's name that is looked for.</summary>
    [SupplyParameterFromQuery] public string? Find { get; set; }

    [Inject] private ChannelService Channels { get; set; } = null!;
    [Inject] private MessageService Messages { get; set; } = null!;
    [Inject] private NavigationManager Navigation { get; set; } = null!;
    [Inject] private MemberService Members { get; set; } = null!;
    [Inject] private IServiceProvider Services { get; set; } = null!;

    private bool Owner => about?.Conversation.Role == ConversationRole.Owner;

    protected override async Task OnParametersSetAsync()
    {
        if (shown == Id) return;
        (shown, about, missing, message, undo) = (Id, null, false, "", null);
        Unfollow(watch);
        watch = await FollowAsync(Topic.Conversation(Id), LoadAsync, Apply, () => (missing, about) = (true, null));
    }

    private async Task<long> LoadAsync()
    {
        var found = await Channels.AboutAsync(Actor, Id);
        missing = !found.Ok;
        about = found.Ok ? found.Value : null;
        changes++;
        return about?.Version ?? 0;
    }

    // What is said there changes nothing here; whoever comes, goes or changes something is read with everything else.
    private bool Apply(LiveEvent e)
    {
        if (about is null || e.Payload is not MessageRecord) return false;
        about = about with { Conversation = about.Conversation.After(e, Actor.PersonId) };
        return true;
    }

    private async Task ArchiveAsync()
    {
        var archive = about!.Conversation.ArchivedAt is null;
        Say((await Channels.ArchiveAsync(Actor, Id, archive)).Refusal, archive ? "About.Archived" : "About.Unarchived");
    }

    private async Task AnnounceAsync()
    {
        var announce = !about!.Conversation.Announcements;
        Say((await Channels.AnnounceAsync(Actor, Id, announce)).Refusal, announce ? "About.Announced" : "About.Talking");
    }

    private async Task MarkAsync() =>
        Say((await Channels.MarkAsync(Actor, Id, marking ?? about!.Conversation.Marking)).Refusal, string.IsNullOrWhiteSpace(marking ?? about!.Conversation.Marking) ? "About.Unmarked" : "About.Marked");

    private async Task GoAsync()
    {
        if (!DateTime.TryParseExact(day, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var from)) return;
        var found = await Messages.SinceAsync(Actor, Id, LocalTime.ToUtc(from));
        if (found is { Ok: true, Value: { } sequence }) Navigation.NavigateTo($"/chat/{Id}?at={sequence}");
        else Say(found.Refusal, "About.Day.None");
    }

    private async Task UndoAsync()
    {
        var back = undo!;
        Say((await Members.InviteAsync(Actor, Id, [back.Id])).Refusal, "About.BackIn", back.Name);
    }

    private void Removed(Author person)
    {
        Say(null, "About.Removed", person.Name);
        undo = person;
    }

    /// <summary>Says what became of what one did.</summary>
    private void Say(Refusal? refusal, string done, params object[] args)
    {
        undo = null;
        message = refusal is null ? T[done, args] : Services.GetRequiredService<Refusals>().Text(refusal);
        StateHasChanged();
    }

    // Whom the reader may not know of is told by number.
    private string Reach(ChannelAbout a)
    {
        if (a.Conversation.Private) return T["About.Reach.Private"];
        var (named, hidden) = (a.Audience.Where(n => n.Name.Length > 0).Select(n => n.Name).ToList(), a.Audience.Count(n => n.Name.Length == 0));
        if (hidden > 0) named.Add(T["About.Reach.Others", hidden]);
        return T["About.Reach", string.Join(", ", named)];
    }

    private static string Day(DateTime time) => time.ToLocal().ToString("d MMM yyyy", CultureInfo.CurrentCulture);
}
