using Hub.Domain.Meetings;

namespace Hub.Web.Meetings;

/// <summary>A part of a meeting on one day: minutes from midnight, and its place beside what overlaps it.</summary>
internal sealed record DayPart(MeetingOccurrence Of, int From, int To, int Lane, int Lanes);

/// <summary>Lays a day's meetings side by side where they overlap.</summary>
internal static class WeekLanes
{
    // Minutes: less is not high enough for one line of text.
    private const int ShortestShown = 30;

    public static IReadOnlyList<DayPart> Day(DateOnly day, IEnumerable<MeetingOccurrence> all, MyTime time)
    {
        var midnight = day.ToDateTime(TimeOnly.MinValue);
        var parts = all.Select(o => (Of: o, From: Minutes(time.Local(o.StartsAt)), To: Minutes(time.Local(o.EndsAt))))
            .Where(p => p.From < 1440 && p.To > 0).Select(p => p with { From = Math.Max(0, p.From), To = Math.Min(1440, Math.Max(p.To, p.From + ShortestShown)) })
            .OrderBy(p => p.From).ThenByDescending(p => p.To).ToList();
        var (laid, group, ends) = (new List<DayPart>(), new List<(MeetingOccurrence Of, int From, int To, int Lane)>(), new List<int>());
        foreach (var p in parts)
        {
            if (ends.Count > 0 && ends.Max() <= p.From) Close();
            var lane = ends.FindIndex(e => e <= p.From);
            if (lane < 0) (lane, ends) = (ends.Count, [.. ends, p.To]);
            else ends[lane] = p.To;
            group.Add((p.Of, p.From, p.To, lane));
        }
        Close();
        return laid;

        int Minutes(DateTime local) => (int)(local - midnight).TotalMinutes;

        void Close()
        {
            laid.AddRange(group.Select(g => new DayPart(g.Of, g.From, g.To, g.Lane, ends.Count)));
            group.Clear();
            ends.Clear();
        }
    }
}
