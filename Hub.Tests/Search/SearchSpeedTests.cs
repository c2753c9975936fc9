using System.Diagnostics;
using System.Formats.Tar;
using System.IO.Compression;
using System.Net;
using System.Text.Json;
using Hub.Domain.Knowledge;
using Hub.Tests.Api;
using Hub.Tests.Storage;
using Microsoft.Extensions.DependencyInjection;
using Xunit.Abstractions;

namespace Hub.Tests.Search;

/// <summary>What is measured against the clock runs by itself, after the others.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    public const string Name = "alone";
}

[Collection(Alone.Name)]
public sealed class SearchSpeedTests(ITestOutputHelper output)
{
    [SharedDataTheory, Databases]
    public async Task The_real_articles_come_in_and_200_real_questions_are_answered_within_100_ms(string provider)
    {
        await using var web = await HubWeb.OnAsync(provider);
        var folder = Directory.CreateTempSubdirectory("hub-kb-").FullName;
        try
        {
            await using (var packed = new GZipStream(File.OpenRead(Path.Combine(SharedFolder.Path!, "kb", "articles-shared.tar.gz")), CompressionMode.Decompress))
                await TarFile.ExtractToDirectoryAsync(packed, folder, overwriteFiles: false);
            var import = web.Services.GetRequiredService<ArticleImport>();
            var began = Stopwatch.GetTimestamp();
            var report = (await import.ImportAsync((await import.ManagerAsync(null))!, folder)).Value;
            output.WriteLine($"import {Stopwatch.GetElapsedTime(began).TotalSeconds:F1} s");
            Assert.Equal(1500, report.Imported);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        using var client = await web.ProgramAsync("amara.osei@northbridge.example");
        var all = Corpus.Questions();
        var questions = all.Where((_, i) => i % (all.Count / 230) == 0).Take(230).Select(q => q.Text).ToList();
        var times = new List<double>();
        var found = 0;
        foreach (var (at, question) in questions.Index())
        {
            var began = Stopwatch.GetTimestamp();
            using var answer = await client.GetAsync($"/api/v1/search?q={Uri.EscapeDataString(question)}");
            var text = await answer.Content.ReadAsStringAsync();
            if (at >= 30) times.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            using var json = JsonDocument.Parse(text);
            if (json.RootElement.GetProperty("items").GetArrayLength() > 0) found++;
        }
        times.Sort();
        output.WriteLine($"{times.Count} questions, ms p50 {times[times.Count / 2]:F1} p95 {times[times.Count * 95 / 100]:F1} max {times[^1]:F1}");
        Assert.Equal(200, times.Count);
        Assert.True(found > 220, $"{found} of {questions.Count} found something");
        Assert.True(times[times.Count * 95 / 100] < 100, $"p95 {times[times.Count * 95 / 100]:F1} ms");
    }
}
