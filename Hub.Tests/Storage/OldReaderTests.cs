using Hub.Domain.People;
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
}
