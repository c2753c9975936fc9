using System.Net.Http.Headers;
using Hub.Domain.People;
using Hub.Tests.Storage;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Hub.Tests.Api;

/// <summary>The whole hub without a browser, on an empty SQLite folder of its own with the demonstration people.</summary>
public sealed class HubWeb : WebApplicationFactory<Program>
{
    private readonly string folder = Directory.CreateTempSubdirectory("hub-web-").FullName;
    private string? database;

    /// <summary>The same on this provider: Sqlite or PostgreSQL, where the database is new, and dropped at the end.</summary>
    public static async Task<HubWeb> OnAsync(string provider) =>
        new() { database = provider == "PostgreSQL" ? await TestHub.PostgresEmptyAsync($"web_{Guid.NewGuid():N}") : null };

    /// <summary>A program that speaks for a person with a token of theirs; redirects are not followed.</summary>
    public async Task<HttpClient> ProgramAsync(string email)
    {
        var actor = await Services.GetRequiredService<PeopleService>().ActorByEmailAsync(email);
        var token = await Services.GetRequiredService<AccessTokenService>().CreateAsync(actor!, "test", 1);
        var client = Stranger();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token.Value);
        return client;
    }

    /// <summary>Nobody: no cookie, no token.</summary>
    public HttpClient Stranger() => CreateClient(new() { AllowAutoRedirect = false });

    protected override void ConfigureWebHost(IWebHostBuilder builder)
    {
        builder.UseEnvironment("Development");
        builder.UseSetting("Storage:Folder", folder);
        if (database is null) return;
        builder.UseSetting("Storage:Provider", "PostgreSQL");
        builder.UseSetting("ConnectionStrings:Hub", database);
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
