using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Hub.Domain;
using Hub.Domain.People;
using Hub.Domain.Storage;
using Hub.Tests.Api;
using Hub.Tests.Faults;
using Hub.Tests.Notifications;
using Hub.Tests.Storage;
using Hub.Web.Integrations.Telemetry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;
using static System.Net.HttpStatusCode;

namespace Hub.Tests.Integrations;

/// <summary>What leaves the hub for those who run it tells how the hub does, never who wrote what.</summary>
[Collection(AloneWithExporters.Name)]
public sealed class NothingPersonalTests
{
    private const string Email = "zebedee.quillfeather@northbridge.example";
    private const string Said = "jabberwocky burbled";

    [Theory, Databases]
    public async Task No_log_line_metric_or_span_holds_what_people_wrote_or_who_they_are(string provider)
    {
        await using var collector = await Collector.StartAsync();
        var pushService = $"127.0.0.1:{HubProcess.FreePort()}";
        await using var web = await HubWeb.OnAsync(provider, b =>
        {
            b.UseSetting("OTEL_EXPORTER_OTLP_ENDPOINT", collector.Address).UseSetting("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf");
            b.UseSetting("Logging:Console:LogLevel:Default", "Warning");
            foreach (var (name, value) in PushServer.Keys) b.UseSetting(name, value);
            b.UseSetting("Push:Subject", "mailto:hub@northbridge.example").UseSetting("Push:AllowedHosts", pushService);
        });
        var directory = web.Services.GetRequiredService<DirectoryService>();
        await using var db = await web.Services.GetRequiredService<IDbContextFactory<HubDb>>().CreateDbContextAsync();
        var body = await db.Organisations.Where(o => o.Domain == "northbridge.example").Select(o => o.Id).SingleAsync();
        var person = await directory.AddPersonAsync(new NewPerson(body, "Zebedee Quillfeather", Email, "Slithy tove"));
        foreach (var role in new[] { Role.Administrator, Role.KnowledgeManager }) await web.Services.GetRequiredService<RoleService>().GrantAsync(person, role, ScopeKind.Hub, null);
        using var browser = await web.BrowserAsync(Email);
        using var program = await web.ProgramAsync(Email);
        var token = program.DefaultRequestHeaders.Authorization!.Parameter!;
        program.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("Bandersnatch", "1"));

        await JourneysAsync(program, browser, token);
        await NotifyAsync(web, person, $"https://{pushService}/jabberwocky");
        using var stranger = web.Stranger();
        var hook = await HookAsync(program, stranger);
        await FailuresAsync(db, program, browser);
        // A webhook's address is its secret, also where its post fails.
        await db.Database.ExecuteSqlRawAsync("ALTER TABLE \"Hooks\" RENAME TO \"GoneThree\"");
        using var failed = await stranger.PostAsJsonAsync(hook, new { text = Said });
        Assert.Equal(InternalServerError, failed.StatusCode);
        var metrics = await program.GetStringAsync(new Uri("/metrics", UriKind.Relative));
        Assert.True(web.Services.GetRequiredService<TracerProvider>().ForceFlush());
        // It says false of a reader that waits to be asked, as Prometheus' does; that the others have sent is seen below.
        web.Services.GetRequiredService<MeterProvider>().ForceFlush();
        Assert.True(web.Services.GetRequiredService<LoggerProvider>().ForceFlush());

        // All of it was there to be told …
        foreach (var (signal, expected) in new[]
        {
            ("metrics", "hub.chat.posts"), ("metrics", "db.client.operation.duration"), ("metrics", "http.server.request.duration"),
            ("traces", "/api/v1/conversations/{id:guid}/messages"), ("traces", "INSERT"), ("traces", "/signin/persona"), ("traces", "error.type"), ("logs", "notifications.device"),
            ("logs", "failed, reference"), ("logs", "Failed executing DbCommand"), ("logs", "TraceId"), ("logs", provider == "Sqlite" ? "UNIQUE constraint failed" : "duplicate key value violates unique constraint"),
        }) Assert.True(collector.Of(signal).Contains(expected, StringComparison.Ordinal), $"{signal}: no {expected}");
        // … and none of this.
        foreach (var (where, text) in new[] { ("metrics", collector.Of("metrics") + metrics), ("traces", collector.Of("traces")), ("logs", collector.Of("logs")) })
            foreach (var personal in new[] { "zebedee", "quillfeather", "borogoves", "slithy", "jabberwocky", "burbled", "vorpal", "bandersnatch", token, hook.Segments[^1] })
                Assert.False(text.Contains(personal, StringComparison.OrdinalIgnoreCase), $"{where}: {Around(text, personal)}");
        foreach (var never in new[] { "url.query", "url.full", "url.path", "user_agent", "client.address", "exception.message", "db.query.text" })
            Assert.DoesNotContain(never, collector.Of("traces"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_is_sent_and_nothing_traced_unless_an_address_is_set()
    {
        await using var web = await HubWeb.OnAsync();
        using var stranger = web.Stranger();
        await stranger.GetAsync(new Uri("/healthz", UriKind.Relative));
        Assert.Null(web.Services.GetService<TracerProvider>());
        Assert.Null(web.Services.GetService<LoggerProvider>());
        Assert.False(web.Services.GetRequiredService<Telemetry>().Traces.HasListeners());
        Assert.NotNull(web.Services.GetRequiredService<MeterProvider>());
    }

    [Fact]
    public void Outside_development_a_log_line_is_one_object_with_its_scopes_and_a_setting_says_otherwise()
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = "Production" });
        builder.AddHubTelemetry();
        Assert.Equal("json", builder.Configuration["Logging:Console:FormatterName"]);
        using var services = builder.Services.BuildServiceProvider();
        var scopes = new LoggerExternalScopeProvider();
        using var scope = scopes.Push(new Dictionary<string, object>(StringComparer.Ordinal) { ["TraceId"] = "4bf9" });
        using var line = new StringWriter();
        services.GetServices<ConsoleFormatter>().Single(f => f.Name == "json").Write(new LogEntry<string>(LogLevel.Warning, "Hub.Web", default, "run \"migrate\"", null, (s, _) => s), scopes, line);
        var read = JsonDocument.Parse(line.ToString()).RootElement;
        Assert.Equal(("run \"migrate\"", "4bf9"), (read.Text("Message"), read.GetProperty("Scopes")[0].Text("TraceId")));
        Assert.Matches("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\\.[0-9]{3}Z$", read.Text("Timestamp"));
        Assert.DoesNotContain("\\u0022", line.ToString(), StringComparison.Ordinal);

        foreach (var (environment, words) in new[] { ("Production", new[] { "--Logging:Console:FormatterName", "systemd" }), ("Development", []) })
        {
            var other = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = environment, Args = words });
            other.AddHubTelemetry();
            Assert.Equal(words.ElementAtOrDefault(1), other.Configuration["Logging:Console:FormatterName"]);
        }
    }

    [Theory]
    [InlineData("Logging:LogLevel:Default")]
    [InlineData("Logging:Console:LogLevel:Default")]
    [InlineData("Logging:Console:LogLevel:Microsoft.AspNetCore.Hosting.Diagnostics")]
    [InlineData("Logging:LogLevel:Microsoft.AspNetCore.Hosting.Diagnostics*")]
    public async Task The_path_of_a_request_is_in_no_scope_whatever_the_settings_say(string setting)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = [$"--{setting}", "Trace"] });
        builder.AddHubTelemetry();
        await using var services = builder.Services.BuildServiceProvider();
        var loggers = services.GetRequiredService<ILoggerFactory>();
        Assert.False(loggers.CreateLogger("Microsoft.AspNetCore.Hosting.Diagnostics").IsEnabled(LogLevel.Critical));
        Assert.True(loggers.CreateLogger("Hub.Web").IsEnabled(LogLevel.Warning));
    }

    [Theory]
    [InlineData("collector")]
    [InlineData("collector:4317")]
    [InlineData("ftp://collector.example")]
    public void An_address_that_is_none_stops_the_start_and_says_so(string address)
    {
        var builder = WebApplication.CreateSlimBuilder(["--OTEL_EXPORTER_OTLP_ENDPOINT", address]);
        Assert.Contains("OTEL_EXPORTER_OTLP_ENDPOINT", Assert.Throws<SettingsException>(builder.AddHubTelemetry).Message, StringComparison.Ordinal);
    }

    private static async Task JourneysAsync(HttpClient program, HttpClient browser, string token)
    {
        var channel = (await program.PostAsync("/conversations", new { kind = "channel", name = "Jabberwocky channel" }, Created)).Text("id");
        var message = await program.PostAsync($"/conversations/{channel}/messages", new { clientMessageId = Guid.NewGuid(), text = Said }, Created);
        await program.PutAsync($"/messages/{message.Text("id")}", new { text = Said + " again", version = 1 }, OK);
        await program.PutAsync("/me/drafts/message", new { text = Said }, OK);
        await program.GetAsync("/search?q=vorpal+sword", OK);
        await program.GetAsync("/people?q=Quillfeather", OK);
        foreach (var page in new[] { "/search?q=vorpal+sword", "/search/box?q=vorpal", $"/chat/{channel}", "/signin?returnUrl=/search?q=vorpal" })
            Assert.Equal(OK, (await browser.GetAsync(new Uri(page, UriKind.Relative))).StatusCode);
        var article = await program.PostAsync("/articles", new { title = "Jabberwocky article", body = Said }, Created);
        await program.PostAsync($"/articles/{article.Text("id")}/publish", new { }, OK);
        await program.PostAsync($"/articles/{article.Text("id")}/feedback", new { helpful = false, reason = Said }, OK);
        await program.PostAsync("/meetings", new { title = "Jabberwocky meeting", start = "2031-05-06T09:00:00", end = "2031-05-06T10:00:00", timeZone = "Europe/London", attendees = new[] { "vorpal@borogoves.example" } }, UnprocessableEntity);
        var run = await program.PostAsync("/fixes/mailbox-not-syncing/runs", new { }, Created);
        await program.PostAsync($"/runs/{run.Text("id")}/answers", new { stepId = "jabberwocky", value = "vorpal" }, Conflict);
        using var live = await browser.PostAsync(new Uri($"/hubs/live/negotiate?negotiateVersion=1&access_token={token}", UriKind.Relative), null);
        Assert.Equal(OK, live.StatusCode);
    }

    /// <summary>A device is to be told, and its push service does not answer.</summary>
    private static async Task NotifyAsync(HubWeb web, Guid person, string endpoint)
    {
        using var session = await web.SessionAsync(Email);
        await session.PutAsync("/me/push/devices", new { endpoint, keys = new { p256dh = PushServer.Keys["Push:PublicKey"], auth = "BTBZMqHH6r4Tts7J_aSIgg" } }, OK);
        using var other = await web.ProgramAsync("amara.osei@northbridge.example");
        var direct = await other.PostAsync("/conversations", new { kind = "direct", people = new[] { person } }, Created);
        await other.PostAsync($"/conversations/{direct.Text("id")}/messages", new { clientMessageId = Guid.NewGuid(), text = Said }, Created);
        var worker = web.Services.GetRequiredService<DueWorker>();
        for (var step = 0; step < 2; step++)
        {
            while (await worker.WorkAsync() > 0)
            {
            }
            web.Services.GetRequiredService<OffsetClock>().Advance(TimeSpan.FromSeconds(11));
        }
        while (await worker.WorkAsync() > 0)
        {
        }
    }

    private static async Task<Uri> HookAsync(HttpClient program, HttpClient stranger)
    {
        var channel = (await program.PostAsync("/conversations", new { kind = "channel", name = "Jabberwocky alarms" }, Created)).Text("id");
        var address = new Uri((await program.PostAsync($"/conversations/{channel}/hooks", new { kind = "incoming", name = "Vorpal" }, Created)).Text("address"));
        using var posted = await stranger.PostAsJsonAsync(address, new { text = Said });
        Assert.Equal(OK, posted.StatusCode);
        using var wrong = await stranger.PostAsJsonAsync(address, new { text = 1 });
        Assert.Equal(BadRequest, wrong.StatusCode);
        return address;
    }

    /// <summary>What is not JSON, what breaks a rule of the database, and a database that is broken: all of these are logged.</summary>
    private static async Task FailuresAsync(HubDb db, HttpClient program, HttpClient browser)
    {
        using var noJson = await program.PostAsync(new Uri("/api/v1/articles", UriKind.Relative), new StringContent("{\"title\": \"jabberwocky\", \"body\": vorpal", System.Text.Encoding.UTF8, "application/json"));
        Assert.Equal(UnprocessableEntity, noJson.StatusCode);
        await program.GetAsync("/articles?limit=jabberwocky", UnprocessableEntity);
        await program.GetAsync("/meetings?from=vorpal", UnprocessableEntity);
        var mine = await db.People.AsNoTracking().SingleAsync(p => p.Email == Email);
        mine.Id = Guid.CreateVersion7();
        db.People.Add(mine);
        await Assert.ThrowsAsync<DbUpdateException>(() => db.SaveChangesAsync());
        await db.Database.ExecuteSqlRawAsync("ALTER TABLE \"Drafts\" RENAME TO \"Gone\"");
        await db.Database.ExecuteSqlRawAsync("ALTER TABLE \"SearchPostings\" RENAME TO \"GoneToo\"");
        using var draft = await program.PutAsJsonAsync("/api/v1/me/drafts/message", new { text = Said });
        Assert.Equal(InternalServerError, draft.StatusCode);
        await program.GetAsync("/search?q=vorpal+sword", InternalServerError);
        using var page = await browser.GetAsync(new Uri("/search?q=vorpal+sword", UriKind.Relative));
        using var box = await browser.GetAsync(new Uri("/search/box?q=vorpal+sword", UriKind.Relative));
        Assert.Equal(InternalServerError, box.StatusCode);
    }

    private static string Around(string text, string word)
    {
        var at = text.IndexOf(word, StringComparison.OrdinalIgnoreCase);
        return text[Math.Max(0, at - 200)..Math.Min(text.Length, at + 200)];
    }
}
