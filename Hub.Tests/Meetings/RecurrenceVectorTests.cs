using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Hub.Domain.Meetings;
using Hub.Tests.Storage;
using NodaTime;
using Xunit.Abstractions;

namespace Hub.Tests.Meetings;

/// <summary>Rules and files of other libraries (shared/data/ical).</summary>
public sealed partial class RecurrenceVectorTests(ITestOutputHelper output)
{
    private static string Folder => Path.Combine(SharedFolder.Path!, "ical");

    [SharedDataFact]
    public void Every_rule_that_others_agree_on_expands_as_they_expect()
    {
        var (agree, others, wrong) = (0, new List<string>(), new List<string>());
        foreach (var line in File.ReadLines(Path.Combine(Folder, "rrule-vectors-shared.jsonl")))
        {
            var v = JsonDocument.Parse(line).RootElement;
            if (!v.GetProperty("dtstart_synced").GetBoolean() || v.GetProperty("dateutil_agrees") is { ValueKind: JsonValueKind.False }) continue;
            var rule = v.GetProperty("rule").GetString()!;
            var start = Read(v.GetProperty("dtstart").GetString()!);
            var expected = v.GetProperty("expected").EnumerateArray().Select(e => Read(e.GetString()!)).ToList();
            List<LocalDateTime> got;
            try
            {
                got = [.. Recurrence.Expand(rule, start).Take(v.GetProperty("expected_is_prefix").GetBoolean() ? expected.Count : expected.Count + 1)];
            }
            catch (FormatException)
            {
                got = [];
            }
            if (got.SequenceEqual(expected)) agree++;
            else if (v.GetProperty("rscale").GetBoolean()) others.Add(rule);
            else wrong.Add($"{rule} from {start}: {string.Join(' ', got.Take(5))}, expected {string.Join(' ', expected.Take(5))}");
        }
        output.WriteLine($"{agree} agree, {wrong.Count} differ, {others.Count} with RSCALE (RFC 7529, not offered)");
        foreach (var w in wrong) output.WriteLine(w);
        Assert.Empty(wrong);
        Assert.True(agree > 100);
    }

    [SharedDataFact]
    public void Whole_files_give_the_local_starts_that_others_expect()
    {
        var (agree, outside, wrong) = (0, 0, new List<string>());
        foreach (var line in File.ReadLines(Path.Combine(Folder, "zoned-occurrences-shared.jsonl")))
        {
            var v = JsonDocument.Parse(line).RootElement;
            var ics = v.GetProperty("ics").GetString()!.ReplaceLineEndings("\n").Replace("\n ", "", StringComparison.Ordinal);
            var e = EventPart().Match(ics).Value;
            var rules = Rule().Matches(e);
            // A meeting of the hub is one VEVENT with one RRULE and a time; exceptions and dates come with a later issue.
            if (rules.Count != 1 || Regex.Count(ics, "BEGIN:VEVENT") != 1 || Regex.IsMatch(e, "^(EXDATE|RDATE|EXRULE|RECURRENCE-ID)", RegexOptions.Multiline) || Start().Match(e) is not { Success: true } s
                || v.GetProperty("dateutil_naive_agrees") is not { ValueKind: JsonValueKind.True })
            {
                outside++;
                continue;
            }
            var window = v.GetProperty("window").EnumerateArray().Select(w => Read(w.GetString()!)).ToList();
            var expected = v.GetProperty("expected_starts").EnumerateArray().Select(x => Read(x.GetString()!)).ToList();
            var zone = s.Groups[1].Value.Contains("US-Eastern", StringComparison.Ordinal) ? LocalTimes.Zone("America/New_York") : null;
            var got = Recurrence.Expand(rules[0].Groups[1].Value.Trim(), Read(s.Groups[2].Value), zone).TakeWhile(l => l < window[1]).Where(l => l >= window[0]).ToList();
            if (got.SequenceEqual(expected)) agree++;
            else wrong.Add($"{v.GetProperty("ics_name")}: {rules[0].Groups[1].Value}: {string.Join(' ', got.Take(6))} expected {string.Join(' ', expected.Take(6))}");
        }
        output.WriteLine($"{agree} agree, {wrong.Count} differ, {outside} outside what a meeting can be");
        foreach (var w in wrong) output.WriteLine(w);
        Assert.Empty(wrong);
        Assert.True(agree > 10);
    }

    private static LocalDateTime Read(string text) =>
        LocalDateTime.FromDateTime(DateTime.ParseExact(text.TrimEnd('Z'), ["yyyyMMdd'T'HHmmss", "yyyyMMdd"], CultureInfo.InvariantCulture, DateTimeStyles.None));

    [GeneratedRegex("BEGIN:VEVENT.*?END:VEVENT", RegexOptions.Singleline, 1000)]
    private static partial Regex EventPart();

    [GeneratedRegex("^RRULE:(.*)$", RegexOptions.Multiline)]
    private static partial Regex Rule();

    [GeneratedRegex("^DTSTART(;[^:]*)?:(\\d{8}(?:T\\d{6}Z?)?)", RegexOptions.Multiline)]
    private static partial Regex Start();
}
