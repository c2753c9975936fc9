using System.Text.Json;
using Hub.Domain.Search;
using Hub.Tests.Storage;
using Microsoft.Extensions.DependencyInjection;
using Xunit.Abstractions;

namespace Hub.Tests.Search;

public sealed class RelevanceTests(ITestOutputHelper output)
{
    [SharedDataFact]
    public Task Real_questions_of_every_kind_find_their_article_first_at_least_as_often_as_plain_ranking() => AskAsync("Sqlite");

    /// <summary>The ranking is the hub's own on either database; this says so of every question, and takes a minute.</summary>
    [SharedDataFact, Trait("Category", "FaultsLong")]
    public Task On_PostgreSQL_they_do_as_well() => AskAsync("PostgreSQL");

    private async Task AskAsync(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider, s => s.AddSingleton<ISearchSource, EveryArticle>());
        await Corpus.IndexAsync(hub, Corpus.Articles());
        var scores = await Corpus.AskAsync(hub, Corpus.Questions());
        using var baseline = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(SharedFolder.Path!, "kb", "baseline-bm25.json")));
        Assert.Equal(7, scores.Count);
        foreach (var (type, s) in scores)
        {
            // The best that plain BM25 does: with a threefold title, and for misspellings with words corrected.
            var floor = baseline.RootElement.GetProperty(type == "typo" ? "shared|title x3+body, vocabulary spelling fix|typo" : $"shared|title x3+body|{type}").GetProperty("success1").GetDouble();
            output.WriteLine($"{type,-14} n {s.Count} success@1 {s.First:F4} (plain {floor:F4}) success@10 {s.Ten:F4} MRR {s.Reciprocal:F4}");
            Assert.True(Math.Round(s.First, 4) >= floor, $"{type}: {s.First:F4}, plain {floor:F4}");
        }
    }
}
