using Hub.Domain;
using Hub.Domain.Chat;
using Microsoft.AspNetCore.Components;

namespace Hub.Web.Chat;

/// <summary>The members on a conversation's page.</summary>
public sealed partial class MemberList
{
    private List<ChannelMember>? members;
    private (Guid Id, int Changes, string? Find) loaded;
    private string? next, first;
    private int tries;

    [Parameter, EditorRequired] public ChannelAbout About { get; set; } = null!;

    /// <summary>Goes up when the page has read anew: then the members are too.</summary>
    [Parameter] public int Changes { get; set; }

    /// <summary>Part of a name that is looked for.</summary>
    [Parameter] public string? Find { get; set; }

    /// <summary>Says what became of what one did: a refusal, or the word of what was done.</summary>
    [Parameter, EditorRequired] public Action<Refusal?, string, object[]> Said { get; set; } = null!;

    [Parameter, EditorRequired] public Action<Author> Removed { get; set; } = null!;

    [Inject] private MemberService Members { get; set; } = null!;

    private Guid Id => About.Conversation.Id;

    private bool Owner => About.Conversation.Role == ConversationRole.Owner;

    // The server writes into the box once, when it is drawn.
    protected override void OnInitialized() => first = Find;

    protected override async Task OnParametersSetAsync()
    {
        if (loaded == (Id, Changes, Find)) return;
        // Another search begins at the beginning; a change keeps what was paged to.
        var count = loaded.Find == Find && loaded.Id == Id ? Math.Clamp(members?.Count ?? 0, 50, 200) : 50;
        loaded = (Id, Changes, Find);
        var mine = loaded;
        var page = await Members.ListAsync(Actor, Id, Find ?? "", limit: count);
        if (mine != loaded) return;
        members = page.Ok ? [.. page.Value.Items] : [];
        next = page.Ok ? page.Value.Next : null;
    }

    private bool MayRole(ChannelMember m) => About.Conversation.Kind == ConversationKind.Channel && m is { Gone: false, Bot: false } && (Owner || About.MayName);

    private bool MayRemove(ChannelMember m) =>
        About.Conversation.Kind == ConversationKind.Channel && !m.Bot && m.Id != Actor.PersonId && (Owner || (About.Conversation.Role == ConversationRole.Moderator && m.Role == ConversationRole.Member));

    private async Task MoreAsync()
    {
        var page = await Members.ListAsync(Actor, Id, Find ?? "", next);
        if (page.Ok) (members, next) = ([.. members!, .. page.Value.Items.ExceptBy(members!.Select(m => m.Id), m => m.Id)], page.Value.Next);
    }

    private async Task SetAsync(ChannelMember m, ChangeEventArgs e)
    {
        if (!Enum.TryParse<ConversationRole>(e.Value as string, out var role)) return;
        var done = await Members.SetAsync(Actor, Id, m.Id, role);
        // What was refused is drawn anew, as it stands.
        tries++;
        Said(done.Refusal, "Members.Changed", [m.Name]);
    }

    private async Task PostsAsync(ChannelMember m)
    {
        var done = await Members.SetAsync(Actor, Id, m.Id, null, poster: !m.Poster);
        Said(done.Refusal, "Members.Changed", [m.Name]);
    }

    private async Task RemoveAsync(ChannelMember m)
    {
        var done = await Members.RemoveAsync(Actor, Id, m.Id);
        if (done.Refusal is { } refusal) Said(refusal, "", []);
        else Removed(new Author(m.Id, m.Name));
    }
}
