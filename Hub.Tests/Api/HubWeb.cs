using System.Net.Http.Headers;
using Hub.Domain.People;
using Hub.Tests.Storage;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Hub.Tests.Api;

/// <summary>The whole hub without a browser, on a SQLite folder of its own with the demonstration.</summary>
public sealed class HubWeb : WebApplicationFactory<Program>, IAsyncLifetime
{
    private readonly string folder = Directory.CreateTempSubdirectory("hub-web-").FullName;
    private string? database;

    /// <summary>The same on this provider: Sqlite or PostgreSQL, where the database is new, and dropped at the end.</summary>
    public static async Task<HubWeb> OnAsync(string provider = "Sqlite", Action<IWebHostBuilder>? more = null)
    {
        var web = new HubWeb { More = more };
        if (provider == "PostgreSQL") web.database = await Demonstration.CopyPostgresAsync(web.folder);
        else await web.InitializeAsync();
        return web;
    }

    public Task InitializeAsync() => Demonstration.CopyAsync(folder);

    async Task IAsyncLifetime.DisposeAsync() => await DisposeAsync();

    /// <summary>Settings and services beside.</summary>
    private Action<IWebHostBuilder>? More { get; init; }

    /// <summary>A program that speaks for a person with a token of theirs (limited to scopes, if any are named); redirects are not followed.</summary>
    public async Task<HttpClient> ProgramAsync(string email, params string[] scopes)
    {
        var actor = await Services.GetRequiredService<PeopleService>().ActorByEmailAsync(email);
        var token = await Services.GetRequiredService<AccessTokenService>().CreateAsync(actor!, "test", 1, scopes.Length == 0 ? null : scopes);
        var client = Stranger();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token.Value);
        return client;
    }

    /// <summary>A browser that went through the persona page.</summary>
    public async Task<HttpClient> BrowserAsync(string email)
    {
        var browser = CreateClient(new() { AllowAutoRedirect = false, HandleCookies = true });
        var page = await browser.GetStringAsync("/signin");
        var token = Between(page[page.IndexOf("name=\"__RequestVerificationToken\"", StringComparison.Ordinal)..], "value=\"", "\"");
        var person = Between(page[page.LastIndexOf("<form", page.IndexOf(email, StringComparison.Ordinal), StringComparison.Ordinal)..], "name=\"person\" value=\"", "\"");
        using var form = new FormUrlEncodedContent(new Dictionary<string, string> { ["person"] = person, ["__RequestVerificationToken"] = token });
        Assert.Equal(System.Net.HttpStatusCode.Redirect, (await browser.PostAsync("/signin/persona", form)).StatusCode);
        return browser;
    }

    /// <summary>A browser as <see cref="BrowserAsync"/>, on a page that calls the API.</summary>
    public async Task<HttpClient> SessionAsync(string email)
    {
        var browser = await BrowserAsync(email);
        browser.DefaultRequestHeaders.Add("X-Hub-Antiforgery", (await browser.GetAsync("/antiforgery", System.Net.HttpStatusCode.OK)).Text("token"));
        return browser;
    }

    /// <summary>Nobody: no cookie, no token.</summary>
    public HttpClient Stranger() => CreateClient(new() { AllowAutoRedirect = false });

    private static string Between(string text, string before, string after)
    {
        var from = text.IndexOf(before, StringComparison.Ordinal) + before.Length;
        return text[from..text.IndexOf(after, from, StringComparison.Ordinal)];
    }

    protected override void ConfigureWebHost(IWebHostBuilder builder)
    {
        builder.UseEnvironment("Development");
        builder.UseSetting("Storage:Folder", folder);
        if (database is not null)
        {
            builder.UseSetting("Storage:Provider", "PostgreSQL");
            // What an administrator may have set while looking for something: the hub does not let it say more.
            builder.UseSetting("ConnectionStrings:Hub", database + ";Include Error Detail=true");
        }
        More?.Invoke(builder);
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        if (database is not null) await TestHub.PostgresDropAsync(database);
        database = null;
    }
}
