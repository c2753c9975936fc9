using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace Hub.Tests.Api;

/// <summary>One request, and what came back of it.</summary>
internal static class Asking
{
    /// <summary>Sends it and gives the body as JSON (an empty object where there is none) after the status was as expected.</summary>
    public static async Task<JsonElement> AskAsync(this HttpClient client, HttpMethod method, string path, object? body, HttpStatusCode expected)
    {
        using var request = new HttpRequestMessage(method, "/api/v1" + path);
        if (body is not null) request.Content = JsonContent.Create(body);
        using var answer = await client.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(expected == answer.StatusCode, $"{method} {path}: {(int)answer.StatusCode} {text}");
        return text.StartsWith('{') ? JsonDocument.Parse(text).RootElement : default;
    }

    public static Task<JsonElement> GetAsync(this HttpClient client, string path, HttpStatusCode expected) => client.AskAsync(HttpMethod.Get, path, null, expected);

    public static Task<JsonElement> PostAsync(this HttpClient client, string path, object body, HttpStatusCode expected) => client.AskAsync(HttpMethod.Post, path, body, expected);

    public static Task<JsonElement> PutAsync(this HttpClient client, string path, object body, HttpStatusCode expected) => client.AskAsync(HttpMethod.Put, path, body, expected);

    public static string Text(this JsonElement e, string name) => e.GetProperty(name).GetString()!;

    public static List<JsonElement> Items(this JsonElement page) => [.. page.GetProperty("items").EnumerateArray()];
}
