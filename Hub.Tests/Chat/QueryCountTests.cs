using System.Collections.Concurrent;
using System.Data.Common;
using Hub.Domain;
using Hub.Domain.Chat;
using Hub.Domain.People;
using Hub.Domain.Storage;
using Hub.Tests.Api;
using Hub.Tests.Shell;
using Hub.Tests.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Components.Server.Circuits;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.TestHost;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using static Microsoft.Playwright.Assertions;

namespace Hub.Tests.Chat;

/// <summary>How often the database is asked: as often for much as for little.</summary>
[Collection(InBrowser.Name)]
public sealed class QueryCountTests(HubServer server)
{
    private const string Amara = "amara.osei@northbridge.example";
    private const string Jonas = "jonas.berg@northbridge.example";

    [Theory, Databases]
    public async Task Posting_asks_as_often_in_a_room_of_forty_as_in_one_of_two(string provider)
    {
        var queries = new Queries { All = true };
        await using var hub = await TestHub.StartAsync(provider, queries.Count);
        var (chat, messages) = (hub.Get<ChatService>(), hub.Get<MessageService>());
        var counts = new List<int>();
        foreach (var others in new[] { 1, 39 })
        {
            var channel = (await chat.CreateChannelAsync(hub.Amara, new NewChannel($"room-{others}"))).Value.Id;
            for (var i = 0; i < others; i++) await chat.JoinAsync(await hub.AddPersonAsync($"Person {others} {i}", $"p{others}-{i}@northbridge.example"), channel);
            // The first of a kind reads what later ones know.
            await messages.PostAsync(hub.Amara, channel, Guid.NewGuid(), "first");
            counts.Add(await queries.OfAsync(async () => Assert.True((await messages.PostAsync(hub.Amara, channel, Guid.NewGuid(), "second")).Ok)));
        }
        Assert.Equal(counts[0], counts[1]);
        Assert.True(counts[0] <= MostToPost, string.Join('\n', queries.Texts));
    }

    [Fact]
    public async Task Opening_and_switching_ask_as_often_for_much_as_for_little()
    {
        var queries = new Queries();
        await using var web = await HubWeb.OnAsync("Sqlite", b => b.ConfigureTestServices(s =>
        {
            queries.Count(s);
            s.AddSingleton<IStartupFilter>(queries);
            s.AddScoped<CircuitHandler>(_ => new OfCircuits(queries));
        }));
        web.UseKestrel(0);
        web.StartServer();
        var (little, much) = (await RoomAsync(web, "little", 2), await RoomAsync(web, "much", 60));

        var address = web.ClientOptions.BaseAddress.ToString().TrimEnd('/');
        var page = await (await server.Browser.NewContextAsync(new() { ViewportSize = new() { Width = 1440, Height = 900 } })).NewPageAsync();
        await page.GotoAsync(address + "/signin");
        await page.Locator($"button[data-email='{Amara}']").ClickAsync();
        await page.WaitForURLAsync(address + "/");
        await page.Locator(".hub[data-live]").WaitForAsync();

        // As it is first read, before anything of it lives.
        var counts = new List<int>();
        foreach (var path in new[] { little, much, little, much })
            counts.Add(await queries.OfAsync(async () => Assert.Contains("line ", await (await page.Context.APIRequest.GetAsync(address + path)).TextAsync(), StringComparison.Ordinal)));
        Assert.Equal(counts[2], counts[3]);
        Assert.True(counts[2] <= MostToOpen, $"{counts[2]}:\n{string.Join('\n', queries.Texts)}");

        // In a living page, from one to the other.
        // The page that lives takes over what its first paint read: it asks what it may follow, and how the people on it are.
        var both = await queries.OfAsync(async () =>
        {
            await page.GotoAsync(address + little);
            await Expect(page.Locator(".composer[data-ready]")).ToBeVisibleAsync();
            await page.Locator(".hub[data-live]").WaitForAsync();
            await Expect(page.Locator(".me [data-presence]")).ToBeAttachedAsync();
        });
        Assert.True(both - counts[2] <= MostToLive, $"{both}:\n{string.Join('\n', queries.Texts)}");
        var switching = await queries.OfAsync(async () =>
        {
            await page.Locator($".pane-list a[href='{much}']").First.ClickAsync();
            await Expect(page.Locator("li.message .said").Last).ToHaveTextAsync("line 60");
            await Expect(page.Locator("li.message")).ToHaveCountAsync(50);
        });
        Assert.True(switching > 0 && switching <= MostToSwitch, $"{switching}:\n" + string.Join('\n', queries.Texts));
        await page.Context.CloseAsync();
    }

    private const int MostToPost = 9, MostToOpen = 20, MostToLive = 25, MostToSwitch = 11;

    // Each line with a reaction, each fifth with a thread.
    private static async Task<string> RoomAsync(HubWeb web, string name, int lines)
    {
        T Get<T>() where T : notnull => web.Services.GetRequiredService<T>();
        var people = Get<PeopleService>();
        var (amara, jonas) = ((await people.ActorByEmailAsync(Amara))!, (await people.ActorByEmailAsync(Jonas))!);
        var channel = (await Get<ChatService>().CreateChannelAsync(amara, new NewChannel(name))).Value.Id;
        await Get<ChatService>().JoinAsync(jonas, channel);
        for (var i = 1; i <= lines; i++)
        {
            var said = (await Get<MessageService>().PostAsync(i % 2 == 0 ? amara : jonas, channel, Guid.NewGuid(), $"line {i}")).Value.Message.Id;
            await Get<ReactionService>().ReactAsync(amara, said, "👍", give: true);
            if (i % 5 == 1) await Get<MessageService>().PostAsync(jonas, channel, new NewMessage(Guid.NewGuid(), "reply") { ThreadId = said });
        }
        return $"/chat/{channel}";
    }

    /// <summary>Counts commands: all, or those that a page's request or circuit asks for.</summary>
    private sealed class Queries : IDbCommandInterceptor, IStartupFilter
    {
        private readonly AsyncLocal<bool> ofPage = new();

        public bool All { get; init; }

        public ConcurrentQueue<string> Texts { get; } = new();

        public void Count(IServiceCollection services)
        {
            services.ConfigureDbContext<SqliteHubDb>(o => o.AddInterceptors(this));
            services.ConfigureDbContext<PostgresHubDb>(o => o.AddInterceptors(this));
        }

        public void Begin() => ofPage.Value = true;

        public async Task<int> OfAsync(Func<Task> what)
        {
            Texts.Clear();
            await what();
            return Texts.Count;
        }

        public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
        {
            app.Use(async (http, on) =>
            {
                if (http.Request.Path.StartsWithSegments("/chat", StringComparison.Ordinal)) Begin();
                await on();
            });
            next(app);
        };

        public ValueTask<InterceptionResult<DbDataReader>> ReaderExecutingAsync(DbCommand command, CommandEventData eventData, InterceptionResult<DbDataReader> result, CancellationToken cancellationToken = default)
        {
            Note(command);
            return ValueTask.FromResult(result);
        }

        public ValueTask<InterceptionResult<int>> NonQueryExecutingAsync(DbCommand command, CommandEventData eventData, InterceptionResult<int> result, CancellationToken cancellationToken = default)
        {
            Note(command);
            return ValueTask.FromResult(result);
        }

        private void Note(DbCommand command)
        {
            if (All || ofPage.Value) Texts.Enqueue(command.CommandText.ReplaceLineEndings(" "));
        }
    }

    private sealed class OfCircuits(Queries queries) : CircuitHandler
    {
        public override Func<CircuitInboundActivityContext, Task> CreateInboundActivityHandler(Func<CircuitInboundActivityContext, Task> next) => activity =>
        {
            queries.Begin();
            return next(activity);
        };
    }
}
