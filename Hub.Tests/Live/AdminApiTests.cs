using System.Text.Json;
using Hub.Domain;
using Hub.Domain.Live;
using Hub.Domain.Storage;
using Hub.Tests.Api;
using Hub.Tests.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using static System.Net.HttpStatusCode;

namespace Hub.Tests.Live;

/// <summary>/admin of the API.</summary>
public sealed class AdminApiTests
{
    private const string Kirsty = "kirsty.drummond-hay@northbridge.example";

    [Theory, Databases]
    public async Task An_administrator_reads_nodes_and_work_and_has_a_dead_letter_tried_again(string provider)
    {
        await using var web = await HubWeb.OnAsync(provider);
        using var kirsty = await web.ProgramAsync(Kirsty, "admin:read", "admin:write");
        using var reader = await web.ProgramAsync(Kirsty, "admin:read");
        using var amara = await web.ProgramAsync("amara.osei@northbridge.example");
        var (hub, clock) = (web.Services.GetRequiredService<IDbContextFactory<HubDb>>(), web.Services.GetRequiredService<OffsetClock>());
        Guid dead;
        await using (var db = await hub.CreateDbContextAsync())
        {
            var row = db.Due(clock, "live.test", "one", clock.Now().AddHours(-1), """{"secret":1}""");
            (dead, row.DeadAt, row.LastError, row.Attempts) = (row.Id, clock.Now(), nameof(TimeoutException), 20);
            await db.SaveChangesAsync();
        }

        await web.Services.GetRequiredService<NodeService>().BeatAsync(new Node { Id = clock.NewId(), Name = "other:1", Version = "1", StartedAt = clock.Now(), State = NodeState.Ready, Pages = 3 });
        var nodes = await kirsty.GetAsync("/admin/nodes", OK);
        Assert.Equal(provider == "Sqlite" ? "SQLite" : "PostgreSQL", nodes.Text("database"));
        Assert.Equal(JsonValueKind.Null, nodes.GetProperty("next").ValueKind);
        var other = nodes.Items().Single(n => n.Text("name") == "other:1");
        Assert.Equal(("ready", false, 3, "alone"), (other.Text("state"), other.GetProperty("silent").GetBoolean(), other.GetProperty("pages").GetInt32(), other.Text("link")));
        Assert.Equal("after", (await kirsty.GetAsync("/admin/nodes?after=nothing", UnprocessableEntity)).Text("code"));

        var work = await kirsty.GetAsync("/admin/work", OK);
        var queue = work.GetProperty("queues").EnumerateArray().Single(q => q.Text("kind") == "live.test");
        Assert.Equal((0, 0, 1), (queue.GetProperty("waiting").GetInt32(), queue.GetProperty("working").GetInt32(), queue.GetProperty("dead").GetInt32()));
        var failed = Assert.Single(work.Items());
        Assert.Equal((dead, "TimeoutException", 20), (failed.GetProperty("id").GetGuid(), failed.Text("error"), failed.GetProperty("attempts").GetInt32()));
        Assert.DoesNotContain("secret", work.GetRawText(), StringComparison.Ordinal);

        await reader.PostAsync($"/admin/work/{dead}/retry", new { }, Forbidden);
        await kirsty.PostAsync($"/admin/work/{Guid.NewGuid()}/retry", new { }, NotFound);
        foreach (var path in new[] { "/admin/nodes", "/admin/work" }) await amara.GetAsync(path, NotFound);
        await amara.PostAsync($"/admin/work/{dead}/retry", new { }, NotFound);
        Assert.Equal(0, (await kirsty.PostAsync($"/admin/work/{dead}/retry", new { }, OK)).GetProperty("attempts").GetInt32());
        Assert.Equal("work.notFailed", (await kirsty.PostAsync($"/admin/work/{dead}/retry", new { }, Conflict)).Text("code"));
        await using var after = await hub.CreateDbContextAsync();
        Assert.Single(await after.AuditEntries.Where(a => a.Action == "work.retry" && a.SubjectId == dead).ToListAsync());
    }
}
