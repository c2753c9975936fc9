using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Web.Upkeep;

/// <summary>
/// <c>check [--address https://hub.example]</c>: looks at all that the hub needs and says in a line for each thing how it stands. What is
/// wrong goes to standard error, the rest to standard output; it ends with 1 when something is wrong. It changes nothing.
/// </summary>
internal static class CheckCommand
{
    /// <summary>How long one check may take.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    /// <summary>All checks, in the order in which they are told.</summary>
    public static readonly IReadOnlyList<Check> All =
    [
        new("settings", (at, _) => SettingsCheck.Look(at).ToAsyncEnumerable()),
        new("database", DatabaseCheck.LookAsync),
        new("integrity", DatabaseCheck.IntegrityAsync),
        new("redis", RedisCheck.LookAsync),
        new("mail", MailCheck.LookAsync),
        new("push", (at, _) => PushCheck.Look(at).ToAsyncEnumerable()),
        new("keys", KeysCheck.LookAsync),
        new("sign-in", SignInCheck.LookAsync),
        new("device management", (at, _) => TenantCheck.Look(at).ToAsyncEnumerable()),
        new("clock", ClockCheck.LookAsync),
        new("disk", (at, _) => DiskCheck.Look(at).ToAsyncEnumerable()),
        new("files", FilesCheck.LookAsync),
        new("virus scanner", ClamdCheck.LookAsync),
        new("address", AddressCheck.LookAsync),
    ];

    public static async Task<int> RunAsync(Looking at)
    {
        var (warnings, wrong) = (0, 0);
        await WarmUpAsync(at);
        // All at once, so that the whole takes no longer than its slowest part; told in order.
        var runs = All.Select(c => c.RunAsync(at, Limit)).ToList();
        foreach (var run in runs)
            foreach (var finding in await run)
            {
                if (finding.Verdict == Verdict.Warning) warnings++;
                if (finding.Verdict == Verdict.Wrong) wrong++;
                await (finding.Verdict == Verdict.Wrong ? Console.Error : Console.Out).WriteLineAsync($"{Word(finding.Verdict),-8} {finding.What,-18} {finding.Said}");
            }
        Console.WriteLine(wrong == 0 && warnings == 0 ? "All is well." : $"{wrong} wrong, {warnings} to think about.");
        return wrong == 0 ? 0 : 1;
    }

    // That this program makes its model of the database for the first time is no slowness of what is looked at.
    private static async Task WarmUpAsync(Looking at)
    {
        try
        {
            await using var storage = at.Storage();
            await using var db = await storage.GetRequiredService<IDbContextFactory<HubDb>>().CreateDbContextAsync();
            _ = db.Model;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // What is wrong the checks say.
        }
    }

    private static string Word(Verdict verdict) => verdict switch { Verdict.Ok => "ok", Verdict.Warning => "warning", _ => "wrong" };
}
