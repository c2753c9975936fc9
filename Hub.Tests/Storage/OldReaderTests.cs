using Hub.Domain.Chat;
using Hub.Domain.Notifications;
using Hub.Domain.People;
using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Tests.Storage;

/// <summary>What a program makes of rows that a newer one wrote (docs/architecture.md, "Old and new side by side").</summary>
public sealed class OldReaderTests
{
    [Theory, Databases]
    public async Task A_word_that_this_program_does_not_know_is_an_error_and_never_taken_for_another(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        await hub.Get<RoleService>().GrantAsync(hub.Amara.PersonId, Role.KnowledgeManager, ScopeKind.Hub, null);
        await using var db = await hub.Hub.CreateDbContextAsync();
        await db.Database.ExecuteSqlRawAsync("UPDATE \"RoleGrants\" SET \"Role\" = 'Quartermaster'");
        // The first of the roles would be a right that nobody gave.
        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => db.RoleGrants.ToListAsync());
        Assert.Contains("Quartermaster", refused.Message, StringComparison.Ordinal);
    }

    [Theory, Databases]
    public async Task An_inbox_leaves_out_entries_of_a_kind_that_this_program_does_not_know(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var (chat, messages, inbox) = (hub.Get<ChatService>(), hub.Get<MessageService>(), hub.Get<InboxService>());
        var channel = (await chat.CreateChannelAsync(hub.Amara, new NewChannel("harbour"))).Value.Id;
        await chat.JoinAsync(hub.Jonas, channel);
        foreach (var text in new[] { "@Jonas Berg, one", "@Jonas Berg, two" }) await messages.PostAsync(hub.Amara, channel, Guid.NewGuid(), text);
        await hub.Get<DueWorker>().WorkAsync();
        await using var db = await hub.Hub.CreateDbContextAsync();
        await db.Database.ExecuteSqlRawAsync("UPDATE \"Notifications\" SET \"Kind\" = 'Pigeon' WHERE \"Sequence\" = 1");
        Assert.Equal("@Jonas Berg, two", Assert.Single((await inbox.ListAsync(hub.Jonas)).Value.Items).Text);
        Assert.Single(await inbox.UnreadAsync(hub.Jonas));
    }
}
