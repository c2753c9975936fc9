using System.Text.Json;

namespace Hub.Bench;

/// <summary>What a bench found. A bar is a promise about a ratio; without bars it only tells.</summary>
/// <param name="Bench">Its name.</param>
/// <param name="Figures">The hub's figures, with their unit in the name.</param>
/// <param name="Limits">The same figures of what it is compared with, measured in the same run.</param>
/// <param name="Bars">Name of a ratio → the most (or, with a minus sign, the least) that it may be.</param>
internal sealed record Report(string Bench, IReadOnlyDictionary<string, double> Figures, IReadOnlyDictionary<string, double> Limits, IReadOnlyDictionary<string, double> Bars)
{
    private static readonly JsonSerializerOptions Options = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    /// <summary>What the two columns are called in the printed table.</summary>
    public (string Figures, string Limits) Columns { get; init; } = ("the hub", "bare page");

    public IReadOnlyDictionary<string, double> Ratios => Figures.Where(f => Limits.TryGetValue(f.Key, out var l) && l > 0)
        .ToDictionary(f => f.Key, f => Math.Round(f.Value / Limits[f.Key], 2));

    public bool Holds => Bars.All(b => Ratios.TryGetValue(b.Key, out var r) && (b.Value < 0 ? r >= -b.Value : r <= b.Value));

    public void Print(bool json)
    {
        Console.WriteLine($"| {Bench} | {Columns.Figures} | {Columns.Limits} | ratio |\n|---|---|---|---|");
        foreach (var (name, value) in Figures)
        {
            var limit = Limits.TryGetValue(name, out var l) ? l.ToString("0.##") : "";
            Console.WriteLine($"| {name} | {value:0.##} | {limit} | {(Ratios.TryGetValue(name, out var r) ? r.ToString("0.##") : "")} |");
        }
        if (json) Console.WriteLine(JsonSerializer.Serialize(new { Bench, Figures, Limits, Ratios, Bars, Holds }, Options));
    }
}
