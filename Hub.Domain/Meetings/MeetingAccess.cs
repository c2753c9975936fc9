using Hub.Domain.People;

namespace Hub.Domain.Meetings;

/// <summary>Who sees a meeting: those who are in it, nobody else, whatever their roles.</summary>
public static class MeetingAccess
{
    public static IQueryable<Meeting> VisibleTo(this IQueryable<Meeting> meetings, Viewer viewer) =>
        viewer.Known ? meetings.Where(m => m.Attendees.Any(a => a.PersonId == viewer.PersonId)) : meetings.Where(m => false);
}
