using System.Globalization;
using Hub.Domain.Meetings;

namespace Hub.Domain.Seed;

/// <summary>Meetings over three weeks around today, booked by their organisers and answered by those invited.</summary>
internal sealed class SeedMeetings(MeetingService meetings, SeedPeople people, SeedClock clock)
{
    public async Task MakeAsync(MeetingsFile file, CancellationToken ct)
    {
        clock.Set(clock.Utc(-14, "11:00"));
        foreach (var m in file.Meetings)
        {
            var start = clock.Today.PlusDays(m.Day).ToDateTimeUnspecified() + TimeSpan.ParseExact(m.Start, "hh\\:mm", CultureInfo.InvariantCulture);
            var draft = new MeetingDraft(m.Title, Local(start), Local(start.AddMinutes(m.Minutes)), m.TimeZone, [.. m.Attendees], m.Recurrence, m.Place, m.Notes);
            var booked = (await meetings.BookAsync(people.People[m.Organiser], draft, ct)).Value;
            foreach (var (email, answer) in m.Responses.Where(r => r.Key != m.Organiser))
                _ = (await meetings.RespondAsync(people.People[email], booked.Id, Enum.Parse<AttendeeStatus>(answer, ignoreCase: true), ct)).Value;
        }
        clock.SetNow();
    }

    private static string Local(DateTime time) => time.ToString("yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture);
}
