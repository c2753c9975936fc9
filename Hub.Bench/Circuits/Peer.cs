using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Hub.Domain;
using Hub.Domain.People;
using Hub.Domain.Storage;
using Microsoft.Extensions.Configuration;

namespace Hub.Bench.Circuits;

/// <summary>A page that is opened, as whom, and how writer number <c>n</c> gets a row onto it.</summary>
internal sealed record Place(string Path, string Cookies, Func<string, int, Task> PostAsync);

/// <summary>One of the two that are compared: a server and its page.</summary>
internal sealed class Peer(Server server, HttpClient http, Place place, string? folder = null) : IAsyncDisposable
{
    public Server Server => server;

    public HttpClient Http => http;

    public Place Place => place;

    public string Cookies => place.Cookies;

    /// <summary>Rooms, each open to a person who is in no other of them.</summary>
    public required Func<int, Task<IReadOnlyList<Place>>> RoomsAsync { get; init; }

    /// <summary>A token of each writer; none for the bare page.</summary>
    public IReadOnlyList<string> Tokens { get; private init; } = [];

    /// <summary>A new channel in which all writers are; gives its id.</summary>
    public async Task<string> RoomAsync(string name)
    {
        var room = (await SendAsync(http, HttpMethod.Post, "/api/v1/conversations", Tokens[0], new { kind = "channel", name })).GetProperty("id").GetString()!;
        foreach (var writer in Tokens.Skip(1)) await SendAsync(http, HttpMethod.Put, $"/api/v1/conversations/{room}/members/me", writer, new { });
        return room;
    }

    /// <summary>Says something in a room, or in one of its threads, as writer number <paramref name="writer"/>; gives the message's id.</summary>
    public async Task<string> SayAsync(string room, string text, int writer, string? thread = null) =>
        (await SendAsync(http, HttpMethod.Post, $"/api/v1/conversations/{room}/messages", Tokens[writer % Tokens.Count], new { clientMessageId = Guid.NewGuid(), text, threadId = thread })).GetProperty("id").GetString()!;

    /// <summary>Has whose page it is be in <paramref name="count"/> conversations.</summary>
    public async Task JoinAsync(int count)
    {
        var mine = await ReadAsync(http, "/api/v1/conversations?joined=true&limit=200", Tokens[0]);
        for (var has = mine.GetProperty("items").GetArrayLength(); has < count; has++) await RoomAsync($"bench list {has}");
    }

    private static async Task<JsonElement> SendAsync(HttpClient http, HttpMethod method, string path, string token, object body)
    {
        using var request = new HttpRequestMessage(method, path) { Content = JsonContent.Create(body) };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var response = await http.SendAsync(request);
        response.EnsureSuccessStatusCode();
        return await response.Content.ReadFromJsonAsync<JsonElement>();
    }

    public async ValueTask DisposeAsync()
    {
        http.Dispose();
        await server.DisposeAsync();
        if (folder is not null) Directory.Delete(folder, recursive: true);
    }

    /// <summary>The bare MudBlazor page with 50 plain rows.</summary>
    public static async Task<Peer> BareAsync()
    {
        var server = await Server.StartAsync(typeof(Peer).Assembly.Location, AppContext.BaseDirectory, ["serve-bare"], Environment("Production"));
        var http = Client(server);
        return new Peer(server, http, Room("")) { RoomsAsync = count => Task.FromResult<IReadOnlyList<Place>>([.. Enumerable.Range(1, count).Select(n => Room($"{n}"))]) };

        Place Room(string name) => new($"/?room={name}", "", async (text, _) =>
        {
            using var content = new StringContent(text);
            (await http.PostAsync($"/post?room={name}", content)).EnsureSuccessStatusCode();
        });
    }

    /// <summary>The hub on an empty SQLite folder with the demonstration, its channel page, and a token for each of 40 writers.</summary>
    public static async Task<Peer> HubAsync()
    {
        var folder = Directory.CreateTempSubdirectory("hub-bench-").FullName;
        return await NodeAsync(new Dictionary<string, string>(StringComparer.Ordinal) { ["Storage:Folder"] = folder }, folder);
    }

    /// <summary>A node of the hub that lies where these settings say; the first one makes the demonstration there.</summary>
    public static async Task<Peer> NodeAsync(IReadOnlyDictionary<string, string> settings, string? folder = null)
    {
        var environment = Environment("Development");
        foreach (var (name, value) in settings) environment[name.Replace(":", "__", StringComparison.Ordinal)] = value;
        environment["Seed__Demo"] = "true";
        environment["Logging__LogLevel__Default"] = "Warning";
        environment["Logging__LogLevel__Microsoft.Hosting.Lifetime"] = "Information";
        var server = await Server.StartAsync(System.IO.Path.Combine(AppContext.BaseDirectory, "Hub.Web.dll"), AppContext.BaseDirectory, [], environment);
        var http = Client(server);
        var writers = await TokensAsync(settings, 40);
        var tokens = writers.ConvertAll(w => w.Token);
        var mine = await ReadAsync(http, "/api/v1/conversations?joined=true", tokens[0]);
        var channel = mine.GetProperty("items").EnumerateArray().First(c => c.GetProperty("name").GetString() == "it-help").GetProperty("id").GetString()!;
        return new Peer(server, http, new Place($"/chat/{channel}", await SignInAsync(http, "amara.osei@"), (text, n) => SayAsync(channel, text, tokens[n % tokens.Count])), folder) { Tokens = tokens, RoomsAsync = RoomsAsync };

        // One half reads, each a room of their own; each of the other half writes in one of those.
        async Task<IReadOnlyList<Place>> RoomsAsync(int count)
        {
            if (2 * count > writers.Count) throw new ArgumentOutOfRangeException(nameof(count), count, $"The demonstration has {writers.Count} people for it");
            var rooms = new List<Place>();
            foreach (var (reader, writer) in writers.Take(count).Zip(writers.Skip(count), (r, w) => (r, w)))
            {
                var room = (await SendAsync(http, HttpMethod.Post, "/api/v1/conversations", reader.Token, new { kind = "channel", name = $"bench room {rooms.Count}" })).GetProperty("id").GetString()!;
                await SendAsync(http, HttpMethod.Put, $"/api/v1/conversations/{room}/members/me", writer.Token, new { });
                for (var line = 0; line < 50; line++) await SayAsync(room, $"A message of the channel, number {line}", writer.Token);
                rooms.Add(new Place($"/chat/{room}", await SignInAsync(http, reader.Email), (text, _) => SayAsync(room, text, writer.Token)));
            }
            return rooms;
        }

        async Task SayAsync(string room, string text, string token) =>
            await SendAsync(http, HttpMethod.Post, $"/api/v1/conversations/{room}/messages", token, new { clientMessageId = Guid.NewGuid(), text });
    }

    private static Dictionary<string, string> Environment(string name) => new(StringComparer.Ordinal) { ["ASPNETCORE_ENVIRONMENT"] = name };

    private static HttpClient Client(Server server) =>
        new(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false, MaxConnectionsPerServer = 64 }) { BaseAddress = server.Address };

    private static async Task<List<(string Email, string Token)>> TokensAsync(IReadOnlyDictionary<string, string> settings, int count)
    {
        var services = new ServiceCollection().AddLogging().AddSingleton(TimeProvider.System)
            .AddHubStorage(new ConfigurationBuilder().AddInMemoryCollection(settings.Select(s => KeyValuePair.Create(s.Key, (string?)s.Value))).Build()).AddHubRooms();
        await using var rooms = services.BuildServiceProvider();
        var tokens = new List<(string, string)>();
        foreach (var person in (await rooms.GetRequiredService<PeopleService>().PersonasAsync()).Where(p => p.Organisation == "Northbridge Police").Take(count))
            tokens.Add((person.Email, (await rooms.GetRequiredService<AccessTokenService>().CreateAsync(new Actor(person.Id), "bench", 1)).Value));
        return tokens;
    }

    private static async Task<JsonElement> ReadAsync(HttpClient http, string path, string token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var response = await http.SendAsync(request);
        response.EnsureSuccessStatusCode();
        return await response.Content.ReadFromJsonAsync<JsonElement>();
    }

    private static async Task<string> SignInAsync(HttpClient http, string email)
    {
        using var page = await http.GetAsync("/signin");
        var html = await page.Content.ReadAsStringAsync();
        var cookie = Cookie(page);
        var form = html[html.LastIndexOf("<form", html.IndexOf(email, StringComparison.Ordinal), StringComparison.Ordinal)..];
        using var content = new FormUrlEncodedContent(new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["person"] = Value(form, "person"), ["__RequestVerificationToken"] = Value(form, "__RequestVerificationToken"),
        });
        using var request = new HttpRequestMessage(HttpMethod.Post, "/signin/persona") { Content = content };
        request.Headers.Add("Cookie", cookie);
        using var response = await http.SendAsync(request);
        return Cookie(response);
    }

    private static string Cookie(HttpResponseMessage response) =>
        string.Join("; ", response.Headers.GetValues("Set-Cookie").Select(c => c.Split(';')[0]));

    private static string Value(string form, string name)
    {
        var field = form[form.IndexOf($"name=\"{name}\"", StringComparison.Ordinal)..];
        var from = field.IndexOf("value=\"", StringComparison.Ordinal) + 7;
        return field[from..field.IndexOf('"', from)];
    }
}
