using System.Text.Json.Nodes;
using Hub.Domain.Devices;
using Hub.Domain.Fixes;
using Hub.Tests.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Hub.Tests.Fixes;

/// <summary>The node that holds a run is killed at each of its steps: with the database, and with the tenant.</summary>
public sealed class RunDeathTests
{
    [Theory, Databases]
    public async Task Whenever_the_holder_dies_the_laptop_restarts_once_and_the_run_ends_healed(string provider)
    {
        var outside = new Outside();
        await using var hub = await FixHub.StartAsync(provider, services =>
        {
            Holder.AddTo(services);
            services.AddSingleton<IDeviceManagement>(s => new Remote(outside, s.GetRequiredService<Holder>()));
        });
        var (alive, holder) = (hub.Hub.AnotherNode(), hub.Hub.Get<Holder>());
        outside.Tenant = alive.GetRequiredService<SimulatedTenant>();
        var (runs, engine) = (alive.GetRequiredService<RunService>(), alive.GetRequiredService<RunEngine>());
        var died = 0;
        for (var dies = true; dies; died++)
        {
            Assert.True(died < 200, "The holder dies at every step and never gets through.");
            var person = await hub.Hub.AddPersonAsync($"Person {died}", $"person{died}@northbridge.example");
            await alive.GetRequiredService<SimulatedTroubles>().SeedAsync(person.PersonId, [Trouble.LaptopSlow]);
            outside.Restarts = 0;
            var run = (await runs.StartAsync(person, "slow-laptop")).Value;
            holder.DiesAt(died);
            await holder.LiveAsync(() => hub.Runs.AnswerAsync(person, run.Id, "restart", "go"));
            dies = holder.Dead;
            holder.DiesAt(int.MaxValue);

            for (var i = 0; i < 20 && run.EndedAt is null; i++)
            {
                hub.Hub.Clock.Advance(TimeSpan.FromSeconds(31));
                await engine.WorkAsync();
                run = (await runs.GetAsync(person, run.Id)).Value;
                // Her answer was not taken, or nobody can know whether it was: she sees that the laptop has not restarted.
                if (run.Step is { Id: "restart" } && run.State == RunState.Waiting)
                {
                    Assert.Equal(0, outside.Restarts);
                    run = (await runs.AnswerAsync(person, run.Id, "restart", "go")).Value;
                }
            }
            Assert.Equal((died, RunState.Fixed, true, 1), (died, run.State, run.Verified, outside.Restarts));
            await using var db = await hub.Hub.Hub.CreateDbContextAsync();
            Assert.Equal(1, await db.AuditEntries.CountAsync(a => a.Action == "fix.action-done" && a.SubjectId == run.Id));
        }
        Assert.InRange(died, 40, 200);
    }

    /// <summary>What is not the hub's: it lives on when a node dies.</summary>
    private sealed class Outside
    {
        public SimulatedTenant Tenant { get; set; } = null!;
        public int Restarts { get; set; }
    }

    /// <summary>The way of one node to it, on which the node may die before anything is sent and before the answer comes.</summary>
    private sealed class Remote(Outside outside, Holder holder) : IDeviceManagement
    {
        public bool Simulated => true;

        public IReadOnlyList<string> WifiProfiles => outside.Tenant.WifiProfiles;

        public Task<JsonObject?> GetManagedDeviceAsync(string id, CancellationToken ct = default) => OverAsync(() => outside.Tenant.GetManagedDeviceAsync(id, ct));

        public Task<IReadOnlyList<JsonObject>> ListDeviceStatusesAsync(string id, CancellationToken ct = default) => OverAsync(() => outside.Tenant.ListDeviceStatusesAsync(id, ct));

        public Task<JsonObject?> GetCloudPcAsync(string id, CancellationToken ct = default) => OverAsync(() => outside.Tenant.GetCloudPcAsync(id, ct));

        public Task SyncDeviceAsync(string id, CancellationToken ct = default) => OverAsync(() => Done(outside.Tenant.SyncDeviceAsync(id, ct)));

        public Task RebootCloudPcAsync(string id, CancellationToken ct = default) => OverAsync(() => Done(outside.Tenant.RebootCloudPcAsync(id, ct)));

        public Task RebootNowAsync(string id, CancellationToken ct = default) => OverAsync(() =>
        {
            outside.Restarts++;
            return Done(outside.Tenant.RebootNowAsync(id, ct));
        });

        private static async Task<bool> Done(Task asked)
        {
            await asked;
            return true;
        }

        private async Task<T> OverAsync<T>(Func<Task<T>> ask)
        {
            holder.Step();
            var answer = await ask();
            holder.Step();
            return answer;
        }
    }
}
