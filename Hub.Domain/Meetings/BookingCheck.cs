using Hub.Domain.People;
using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;
using NodaTime;

namespace Hub.Domain.Meetings;

/// <summary>A draft that holds: trimmed, parsed, with its people found.</summary>
internal sealed record Booking(
    string Title, string Place, string Notes, LocalDateTime Start, LocalDateTime End, DateTimeZone Zone, string? Rule,
    DateTime StartsAt, DateTime EndsAt, DateTime? LastEndsAt, IReadOnlyList<Guid> People)
{
    /// <summary>Occurrences that touch the half-open time, in order, lazily.</summary>
    public IEnumerable<Slot> Slots(DateTime from, DateTime to) => Series.Slots(Start, End, Zone, Rule, from, to);
}

/// <summary>What may be booked, and why not.</summary>
internal static class BookingCheck
{
    public const int MostTitle = 200, MostPlace = 200, MostNotes = 10_000, MostPeople = 300, MostDays = 14;

    /// <summary>The draft as a booking by the viewer, who is always in it. Unknown and invisible people are refused alike, by name.</summary>
    public static async Task<Outcome<Booking>> CheckAsync(HubDb db, Viewer viewer, MeetingDraft draft, bool needsTitle, CancellationToken ct)
    {
        var (title, place, notes) = (draft.Title?.Trim() ?? "", draft.Place?.Trim() ?? "", draft.Notes?.Trim() ?? "");
        if (needsTitle && title.Length is 0 or > MostTitle) return Refusal.Invalid("title", "meeting.title", MostTitle);
        if (place.Length > MostPlace) return Refusal.Invalid("place", "meeting.place", MostPlace);
        if (notes.Length > MostNotes) return Refusal.Invalid("notes", "meeting.notes", MostNotes);
        foreach (var (field, text) in new[] { ("title", title), ("place", place), ("notes", notes) })
            if (text.Contains('\0', StringComparison.Ordinal)) return Refusal.Invalid(field, "text.nul");
        if (LocalTimes.Zone(draft.TimeZone ?? "") is not { } zone) return Refusal.Invalid("timeZone", "meeting.timeZone");
        if (LocalTimes.Read(draft.Start) is not { } start) return Refusal.Invalid("start", "meeting.start");
        if (LocalTimes.Read(draft.End) is not { } end || end <= start || end > start.PlusDays(MostDays)) return Refusal.Invalid("end", "meeting.end", MostDays);
        string? rule = null;
        if (!string.IsNullOrWhiteSpace(draft.Recurrence))
        {
            rule = Recurrence.Normalise(draft.Recurrence);
            if (rule is null) return Refusal.Invalid("recurrence", "meeting.recurrence", Recurrence.MostOccurrences);
            // Where the rule does not name the first day, the series begins on the first day that it does name.
            var first = Recurrence.Expand(rule, start, zone).Select(l => (LocalDateTime?)l).FirstOrDefault();
            if (first is not { } f) return Refusal.Invalid("recurrence", "meeting.never");
            (start, end) = (f, f + Period.Between(start, end, PeriodUnits.Seconds));
        }
        var people = await PeopleAsync(db, viewer, draft.Attendees ?? [], ct);
        if (!people.Ok) return people.Refusal!;
        var (startsAt, endsAt) = LocalTimes.Span(start, end, zone);
        DateTime? last = rule is null ? endsAt : null;
        if (rule is not null && Recurrence.Ends(rule))
            last = Series.Slots(start, end, zone, rule, startsAt, DateTime.MaxValue).Take(Recurrence.MostOccurrences * 30).Last().EndsAt;
        return new Booking(title, place, notes, start, end, zone, rule, startsAt, endsAt, last, people.Value);
    }

    private static async Task<Outcome<List<Guid>>> PeopleAsync(HubDb db, Viewer viewer, IReadOnlyList<string?> emails, CancellationToken ct)
    {
        var wanted = emails.Select(e => e?.Trim().ToLowerInvariant() ?? "").Where(e => e.Length > 0).Distinct(StringComparer.Ordinal).ToList();
        if (wanted.Exists(e => e.Contains('\0', StringComparison.Ordinal))) return Refusal.Invalid("attendees", "text.nul");
        if (wanted.Count > MostPeople) return Refusal.Invalid("attendees", "meeting.tooMany", MostPeople);
        var found = await db.People.AsNoTracking().VisibleTo(viewer).Where(p => p.LeftAt == null && p.Kind == ActorKind.Person && wanted.Contains(p.Email))
            .Select(p => new { p.Id, p.Email }).ToListAsync(ct);
        var unknown = wanted.Except(found.Select(p => p.Email), StringComparer.Ordinal).ToList();
        if (unknown.Count > 0) return Refusal.Invalid("attendees", "meeting.unknown", string.Join(", ", unknown));
        List<Guid> everyone = [viewer.PersonId, .. found.Select(p => p.Id).Where(id => id != viewer.PersonId)];
        return everyone;
    }
}
