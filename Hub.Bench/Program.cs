using System.Globalization;
using Hub.Bench;
using Hub.Bench.Bare;
using Hub.Bench.Circuits;
using Hub.Bench.Messages;

var benches = new Dictionary<string, Func<Task<Report>>>(StringComparer.Ordinal)
{
    ["fanout"] = CircuitBenches.FanoutAsync,
    ["nodes"] = () => NodeBench.RunAsync(50),
    ["rooms"] = RoomBench.RunAsync,
    ["posts"] = PostBench.RunAsync,
    ["click"] = CircuitBenches.ClickAsync,
    ["history"] = () => HistoryBench.RunAsync(args is [_, var many, ..] && int.TryParse(many, CultureInfo.InvariantCulture, out var messages) ? messages : HistoryBench.Many),
    ["circuits"] = () => CircuitBenches.CostsAsync(600),
};
switch (args)
{
    case ["serve-bare", ..]:
        await BareServer.RunAsync([]);
        return 0;
    case ["list"]:
        foreach (var name in benches.Keys) Console.WriteLine(name);
        return 0;
    case [var name, ..] when benches.TryGetValue(name, out var bench):
        var report = await bench();
        report.Print(args.Contains("--json"));
        return report.Holds ? 0 : 1;
    default:
        Console.Error.WriteLine("dotnet run -c Release --project Hub.Bench -- list | NAME [--json] | history MESSAGES [--json]");
        return 2;
}
