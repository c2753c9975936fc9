using Hub.Domain.Meetings;

namespace Hub.Web.Meetings;

internal static class MeetingLinks
{
    /// <summary>The page of a meeting, on the occurrence it was opened from.</summary>
    public static string Page(MeetingOccurrence o) => o.RecurrenceId is { } on ? $"/meetings/{o.Id}?on={on}" : $"/meetings/{o.Id}";
}
