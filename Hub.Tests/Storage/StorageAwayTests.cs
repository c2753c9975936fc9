using System.Security.Claims;
using Hub.Domain;
using Hub.Domain.Chat;
using Hub.Domain.People;
using Hub.Domain.Storage;
using Hub.Tests.Faults;
using Hub.Web.SignIn;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace Hub.Tests.Storage;

/// <summary>A database that does not answer is told from one that refuses, and signs nobody out.</summary>
public sealed class StorageAwayTests
{
    [Fact]
    public async Task Nobody_listens()
    {
        await using var away = Away();
        await using var db = await away.GetRequiredService<IDbContextFactory<HubDb>>().CreateDbContextAsync();
        Assert.True(StorageAway.Is(await Assert.ThrowsAnyAsync<Exception>(() => db.People.CountAsync())));
        db.Add(new ProtectionKey { Id = Guid.NewGuid(), Name = "x", Xml = "x" });
        Assert.True(StorageAway.Is(await Assert.ThrowsAnyAsync<Exception>(() => db.SaveChangesAsync())));
    }

    [Fact]
    public async Task Another_holds_the_file()
    {
        await using var hub = await TestHub.StartAsync("Sqlite");
        await using var one = await hub.Hub.CreateDbContextAsync();
        await using var held = await one.Database.BeginTransactionAsync();
        await one.People.ExecuteUpdateAsync(s => s.SetProperty(p => p.Phone, "1"));
        await using var two = await hub.Hub.CreateDbContextAsync();
        two.Database.SetCommandTimeout(1);
        Assert.True(StorageAway.Is(await Assert.ThrowsAnyAsync<SqliteException>(() => two.People.ExecuteUpdateAsync(s => s.SetProperty(p => p.Phone, "2")))));
    }

    [Theory, Databases]
    public async Task A_question_that_is_refused_is_no_outage(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        await using var db = await hub.Hub.CreateDbContextAsync();
        Assert.False(StorageAway.Is(await Assert.ThrowsAnyAsync<Exception>(() => db.Database.ExecuteSqlRawAsync("SELECT nothing FROM nowhere"))));
        Assert.False(StorageAway.Is(null));
    }

    [Theory]
    [InlineData("Drafts")]
    [InlineData("Messages")]
    [InlineData("Conversations")]
    public async Task A_connection_that_ends_in_the_middle_is_an_outage_and_no_answer(string table)
    {
        var database = new Interference();
        await using var hub = await TestHub.StartAsync("PostgreSQL", database.AddTo);
        var channel = (await hub.Get<ChatService>().CreateChannelAsync(hub.Amara, new NewChannel("cut"))).Value.Id;
        Func<Task> act = table switch
        {
            "Drafts" => () => hub.Get<DraftService>().SaveAsync(hub.Amara, "message:1", "half a thought"),
            "Messages" => () => hub.Get<MessageService>().PostAsync(hub.Amara, channel, Guid.NewGuid(), "cut off"),
            _ => () => hub.Get<ChatService>().OpenDirectAsync(hub.Amara, hub.Jonas.PersonId),
        };
        // A message is tried once more on another connection by itself.
        for (var i = 0; i < (table == "Messages" ? 2 : 1); i++) Cut(hub, database, table);
        Assert.True(StorageAway.Is(await Assert.ThrowsAnyAsync<Exception>(act)));
        Assert.Null(await hub.Get<DraftService>().GetAsync(hub.Amara, "message:1"));
        await act();
        if (table == "Drafts") Assert.NotNull(await hub.Get<DraftService>().GetAsync(hub.Amara, "message:1"));
    }

    [Fact]
    public async Task A_message_whose_connection_breaks_once_is_stored_once_and_nobody_notices()
    {
        var database = new Interference();
        await using var hub = await TestHub.StartAsync("PostgreSQL", database.AddTo);
        var (messages, channel) = (hub.Get<MessageService>(), (await hub.Get<ChatService>().CreateChannelAsync(hub.Amara, new NewChannel("cut"))).Value.Id);
        Cut(hub, database, "Messages");
        Assert.True((await messages.PostAsync(hub.Amara, channel, Guid.NewGuid(), "cut off")).Value.New);
        Assert.Equal("cut off", Assert.Single((await messages.PageAsync(hub.Amara, channel)).Value.Items).Text);
    }

    private static void Cut(TestHub hub, Interference database, string table) => database.Once(sql => sql.Contains($"INSERT INTO \"{table}\"", StringComparison.Ordinal), async () =>
    {
        await using var other = await hub.Hub.CreateDbContextAsync();
        await other.Database.ExecuteSqlRawAsync("SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()");
    });

    [Fact]
    public async Task An_open_page_is_not_signed_out_while_the_database_is_away()
    {
        await using var away = Away();
        using var asking = new StillActive(NullLoggerFactory.Instance, away.GetRequiredService<PeopleService>());
        Assert.True(await asking.AskAsync(new ClaimsPrincipal(ActorClaims.Identity(new Actor(Guid.NewGuid()), "test", null)), default));

        await using var hub = await TestHub.StartAsync("Sqlite");
        using var answered = new StillActive(NullLoggerFactory.Instance, hub.Get<PeopleService>());
        Assert.True(await answered.AskAsync(new ClaimsPrincipal(ActorClaims.Identity(hub.Amara, "test", null)), default));
        Assert.False(await answered.AskAsync(new ClaimsPrincipal(ActorClaims.Identity(new Actor(Guid.NewGuid()), "test", null)), default));
    }

    private static ServiceProvider Away()
    {
        var services = new ServiceCollection().AddLogging().AddSingleton<TimeProvider>(new OffsetClock(TimeSpan.Zero));
        services.AddHubStorage(new ConfigurationBuilder().AddInMemoryCollection([new("Storage:Provider", "PostgreSQL"), new("ConnectionStrings:Hub", $"Host=127.0.0.1;Port={HubProcess.FreePort()};Username=hub;Database=hub")]).Build());
        services.AddHubRooms();
        return services.BuildServiceProvider();
    }
}
