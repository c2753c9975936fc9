using Hub.Domain.Search;
using Hub.Tests.Storage;
using Microsoft.Extensions.DependencyInjection;
using Xunit.Abstractions;

namespace Hub.Tests.Search;

public sealed class RelevanceTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Real_questions_find_real_articles_better_than_plain_ranking_and_fast()
    {
        await using var hub = await TestHub.StartAsync("Sqlite", s => s.AddSingleton<ISearchSource, EveryArticle>());
        var began = System.Diagnostics.Stopwatch.GetTimestamp();
        var articles = Corpus.Articles().ToList();
        output.WriteLine($"read {System.Diagnostics.Stopwatch.GetElapsedTime(began)}");
        await Corpus.IndexAsync(hub, articles);
        output.WriteLine($"indexed {System.Diagnostics.Stopwatch.GetElapsedTime(began)}");
        await hub.Get<SearchService>().FindAsync(hub.Amara, "first");
        var (scores, times) = await Corpus.AskAsync(hub, Corpus.Questions());
        foreach (var (type, s) in scores) output.WriteLine($"{type,-14} n {s.Count} success@1 {s.First:F4} success@10 {s.Ten:F4} MRR {s.Reciprocal:F4}");
        output.WriteLine($"ms p50 {times[times.Count / 2]:F1} p95 {times[times.Count * 95 / 100]:F1} max {times[^1]:F1}");
    }
}
