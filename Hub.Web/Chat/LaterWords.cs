using Microsoft.Extensions.Localization;

namespace Hub.Web.Chat;

/// <summary>What the browser's choice of a time (<c>js/times.js</c>) says.</summary>
internal static class LaterWords
{
    public static object Of(IStringLocalizer<ChatText> words) => new
    {
        note = words["Times.Note"].Value, own = words["Times.Own"].Value, set = words["Times.Set"].Value, close = words["Times.Close"].Value, failed = words["Times.Failed"].Value,
        names = Names(words),
    };

    /// <summary>What the usual times (<see cref="LaterTimes.Of"/>) are called.</summary>
    public static object Names(IStringLocalizer<ChatText> words) => new
    {
        minutes = words["Times.Minutes"].Value, hour = words["Times.Hour"].Value, hours = words["Times.Hours"].Value,
        tomorrow = words["Times.Tomorrow"].Value, monday = words["Times.Monday"].Value, shift = words["Times.Shift"].Value,
    };
}
