using Microsoft.Extensions.Localization;

namespace Hub.Web.Live;

/// <summary>Spans as administrators read them: "12 s", "4 min", "3 h 10 min", "2 d 5 h".</summary>
internal static class Ages
{
    public static string Span(this IStringLocalizer<LiveText> words, TimeSpan span) => span switch
    {
        { TotalSeconds: < 60 } => words["Seconds", Math.Max(0, (int)span.TotalSeconds)],
        { TotalMinutes: < 60 } => words["Minutes", (int)span.TotalMinutes],
        { TotalHours: < 24 } => words["Hours", (int)span.TotalHours, span.Minutes],
        _ => words["Days", (int)span.TotalDays, span.Hours],
    };

    /// <summary>"4 min ago", "now", "in 12 s".</summary>
    public static string When(this IStringLocalizer<LiveText> words, DateTime time, DateTime now) =>
        time > now ? words["In", words.Span(time - now)] : now - time < TimeSpan.FromSeconds(1) ? words["Now"] : words["Ago", words.Span(now - time)];
}
