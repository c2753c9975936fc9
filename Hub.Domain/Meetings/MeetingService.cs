using Hub.Domain.Audit;
using Hub.Domain.Live;
using Hub.Domain.People;
using Hub.Domain.Search;
using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.Meetings;

/// <summary>Books, changes and cancels meetings, and takes answers. Reading the calendar is <see cref="MeetingCalendar"/>.</summary>
public sealed class MeetingService(IDbContextFactory<HubDb> hub, LiveBus live, SearchIndex index, MeetingCalendar calendar, TimeProvider clock)
{
    /// <summary>Books it. The actor organises it and has accepted; everyone else is asked. Clashes are told, not refused.</summary>
    public async Task<Outcome<MeetingRecord>> BookAsync(Actor actor, MeetingDraft draft, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        if (!viewer.Known) return Refusal.NotFound;
        var check = await BookingCheck.CheckAsync(db, viewer, draft, needsTitle: true, ct);
        if (!check.Ok) return check.Refusal!;
        var booking = check.Value;
        var now = clock.Now();
        var meeting = new Meeting
        {
            Id = clock.NewId(), OrganisationId = viewer.OrganisationId, OrganiserId = viewer.PersonId, CreatedAt = now, Version = 1,
            Title = "", LocalStart = "", LocalEnd = "", TimeZone = "",
        };
        Set(meeting, booking);
        meeting.Attendees = [.. booking.People.Select(p => new MeetingAttendee
        {
            MeetingId = meeting.Id, PersonId = p,
            Status = p == viewer.PersonId ? AttendeeStatus.Accepted : AttendeeStatus.NeedsAction, RespondedAt = p == viewer.PersonId ? now : null,
        })];
        // Before anything is stored: an error after the commit would have the asker book twice.
        var clashes = await calendar.ClashesAsync(viewer, booking, meeting.Id, ct);
        await using var tx = await db.Database.BeginTransactionAsync(ct);
        db.Meetings.Add(meeting);
        await IndexAsync(db, meeting, ct);
        await db.SaveChangesAsync(ct);
        var news = await TellAsync(db, meeting, booking.People, "meeting-invited", ct);
        var record = await RecordAsync(db, meeting.Id, ct);
        await tx.CommitAsync(ct);
        live.Publish(new LiveEvent(Topic.Meeting(meeting.Id), 1, "meeting-booked", record));
        live.Publish(news);
        return record with { Conflicts = clashes };
    }

    /// <summary>One meeting of mine.</summary>
    public async Task<Outcome<MeetingRecord>> GetAsync(Actor actor, Guid id, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        return await db.Meetings.VisibleTo(viewer).AnyAsync(m => m.Id == id, ct) ? await RecordAsync(db, id, ct) : Refusal.NotFound;
    }

    /// <summary>
    /// Changes title, time, place, notes and people; for the organiser, who gives the version that the change is made to. Who stays
    /// keeps their answer unless the time changed; then they are asked again.
    /// </summary>
    public async Task<Outcome<MeetingRecord>> ChangeAsync(Actor actor, Guid id, MeetingDraft draft, long? version, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        if (await OrganisedAsync(db, viewer, id, ct) is { } refusal) return refusal;
        if (version is null) return Refusal.Invalid("version", "meeting.version");
        var check = await BookingCheck.CheckAsync(db, viewer, draft, needsTitle: true, ct);
        if (!check.Ok) return check.Refusal!;
        var booking = check.Value;
        var clashes = await calendar.ClashesAsync(viewer, booking, id, ct);
        await using var tx = await db.Database.BeginTransactionAsync(ct);
        var advanced = await db.AdvanceAsync<Meeting>(id, ct);
        if (advanced != version + 1)
        {
            await tx.RollbackAsync(ct);
            return Refusal.Stale(await RecordAsync(db, id, ct));
        }
        var meeting = await db.Meetings.Include(m => m.Attendees).SingleAsync(m => m.Id == id, ct);
        if (meeting.CancelledAt is not null) return Refusal.Conflict("meeting.cancelled");
        var moved = Times(meeting);
        Set(meeting, booking);
        meeting.Sequence++;
        var askAgain = moved != Times(meeting);
        var gone = meeting.Attendees.Where(a => !booking.People.Contains(a.PersonId)).ToList();
        var added = booking.People.Except(meeting.Attendees.Select(a => a.PersonId)).ToList();
        foreach (var a in gone) meeting.Attendees.Remove(a);
        foreach (var a in meeting.Attendees.Where(a => askAgain && a.PersonId != meeting.OrganiserId)) (a.Status, a.RespondedAt) = (AttendeeStatus.NeedsAction, null);
        meeting.Attendees.AddRange(added.Select(p => new MeetingAttendee { MeetingId = id, PersonId = p }));
        await IndexAsync(db, meeting, ct);
        await db.SaveChangesAsync(ct);
        var everyone = booking.People.Select(p => (p, added.Contains(p) ? "meeting-invited" : "meeting-changed")).Concat(gone.Select(a => (a.PersonId, "meeting-cancelled")));
        var news = await TellAsync(db, meeting, everyone, ct);
        var record = await RecordAsync(db, id, ct);
        await tx.CommitAsync(ct);
        // Who was taken off is shut out before the others are told; if that fails, the version check tells everyone, and asks again.
        if (gone.Count == 0 || await live.RecheckAsync(Topic.Meeting(id), ct: ct)) live.Publish(new LiveEvent(Topic.Meeting(id), advanced, "meeting-changed", record));
        live.Publish(news);
        return record with { Conflicts = clashes };
    }

    /// <summary>My answer. Giving the same one again changes nothing.</summary>
    public async Task<Outcome<MeetingRecord>> RespondAsync(Actor actor, Guid id, AttendeeStatus status, CancellationToken ct = default)
    {
        if (status is not (AttendeeStatus.Accepted or AttendeeStatus.Declined or AttendeeStatus.Tentative)) return Refusal.Invalid("status", "meeting.status");
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        if (!await db.Meetings.VisibleTo(viewer).AnyAsync(m => m.Id == id, ct)) return Refusal.NotFound;
        await using var tx = await db.Database.BeginTransactionAsync(ct);
        var version = await db.AdvanceAsync<Meeting>(id, ct);
        var mine = await db.MeetingAttendees.Include(a => a.Meeting).SingleOrDefaultAsync(a => a.MeetingId == id && a.PersonId == viewer.PersonId, ct);
        if (mine is null) return Refusal.NotFound;
        if (mine.Meeting.CancelledAt is not null) return Refusal.Conflict("meeting.cancelled");
        if (mine.Status == status)
        {
            await tx.RollbackAsync(ct);
            return await RecordAsync(db, id, ct);
        }
        var now = clock.Now();
        (mine.Status, mine.RespondedAt) = (status, now);
        await db.SaveChangesAsync(ct);
        var news = await TellAsync(db, mine.Meeting, [viewer.PersonId], "meeting-answered", ct);
        var record = await RecordAsync(db, id, ct);
        await tx.CommitAsync(ct);
        live.Publish(new LiveEvent(Topic.Meeting(id), version, "response-given", new ResponseGiven(id, viewer.PersonId, status, now)));
        live.Publish(news);
        return record;
    }

    /// <summary>Calls the whole meeting or series off; for the organiser. It stays readable for those who were in it.</summary>
    public async Task<Outcome<MeetingRecord>> CancelAsync(Actor actor, Guid id, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        if (await OrganisedAsync(db, viewer, id, ct) is { } refusal) return refusal;
        await using var tx = await db.Database.BeginTransactionAsync(ct);
        var version = await db.AdvanceAsync<Meeting>(id, ct);
        var meeting = await db.Meetings.Include(m => m.Attendees).SingleAsync(m => m.Id == id, ct);
        if (meeting.CancelledAt is not null)
        {
            await tx.RollbackAsync(ct);
            return await RecordAsync(db, id, ct);
        }
        (meeting.CancelledAt, meeting.CancelledById) = (clock.Now(), viewer.PersonId);
        meeting.Sequence++;
        await index.RemoveAsync(db, SearchKind.Meeting, id, ct);
        db.Audit(clock, actor, "meeting.cancel", "meeting", id);
        await db.SaveChangesAsync(ct);
        var news = await TellAsync(db, meeting, meeting.Attendees.Select(a => a.PersonId), "meeting-cancelled", ct);
        var record = await RecordAsync(db, id, ct);
        await tx.CommitAsync(ct);
        live.Publish(new LiveEvent(Topic.Meeting(id), version, "meeting-cancelled", new MeetingCancelled(id, meeting.Title, meeting.CancelledAt.Value, meeting.Sequence)));
        live.Publish(news);
        return record;
    }

    private static async Task<Refusal?> OrganisedAsync(HubDb db, Viewer viewer, Guid id, CancellationToken ct)
    {
        var organiser = await db.Meetings.VisibleTo(viewer).Where(m => m.Id == id).Select(m => (Guid?)m.OrganiserId).FirstOrDefaultAsync(ct);
        return organiser is null ? Refusal.NotFound : organiser == viewer.PersonId ? null : Refusal.Forbidden;
    }

    private static void Set(Meeting m, Booking b)
    {
        (m.Title, m.Place, m.Notes) = (b.Title, b.Place, b.Notes);
        (m.LocalStart, m.LocalEnd, m.TimeZone, m.Recurrence) = (LocalTimes.Write(b.Start), LocalTimes.Write(b.End), b.Zone.Id, b.Rule);
        (m.FirstStartsAt, m.LastEndsAt) = (b.StartsAt, b.LastEndsAt);
    }

    private static (string, string, string, string?) Times(Meeting m) => (m.LocalStart, m.LocalEnd, m.TimeZone, m.Recurrence);

    private Task IndexAsync(HubDb db, Meeting m, CancellationToken ct) => index.PutAsync(db, SearchKind.Meeting, m.Id, m.Title, $"{m.Place}\n{m.Notes}".Trim(), ct);

    private static Task<List<LiveEvent>> TellAsync(HubDb db, Meeting m, IEnumerable<Guid> people, string name, CancellationToken ct) =>
        TellAsync(db, m, people.Select(p => (p, name)), ct);

    // In one order, so that two changes that touch the same people wait for each other instead of locking each other out.
    private static async Task<List<LiveEvent>> TellAsync(HubDb db, Meeting m, IEnumerable<(Guid PersonId, string Name)> people, CancellationToken ct)
    {
        var events = new List<LiveEvent>();
        foreach (var (personId, name) in people.OrderBy(p => p.PersonId))
            events.Add(new LiveEvent(Topic.Me(personId), await db.AdvanceAsync<Person>(personId, ct), name, new MeetingNews(m.Id, m.Title, m.FirstStartsAt, m.TimeZone)));
        return events;
    }

    private static async Task<MeetingRecord> RecordAsync(HubDb db, Guid id, CancellationToken ct)
    {
        var m = await db.Meetings.AsNoTracking().Where(m => m.Id == id).Select(m => new { Meeting = m, m.Organiser.Name }).SingleAsync(ct);
        var attendees = await db.MeetingAttendees.AsNoTracking().Where(a => a.MeetingId == id).OrderBy(a => a.Person.Name).ThenBy(a => a.PersonId)
            .Select(a => new Invitee(a.PersonId, a.Person.Name, a.Person.Email, a.Status, a.RespondedAt)).ToListAsync(ct);
        var (startsAt, endsAt) = LocalTimes.Span(LocalTimes.Read(m.Meeting.LocalStart)!.Value, LocalTimes.Read(m.Meeting.LocalEnd)!.Value, LocalTimes.Zone(m.Meeting.TimeZone)!);
        return new MeetingRecord(id, m.Meeting.Title, m.Meeting.LocalStart, m.Meeting.LocalEnd, m.Meeting.TimeZone, m.Meeting.Recurrence, startsAt, endsAt,
            m.Meeting.Place, m.Meeting.Notes, new Organiser(m.Meeting.OrganiserId, m.Name), attendees, m.Meeting.Sequence, m.Meeting.CancelledAt, m.Meeting.CreatedAt, m.Meeting.Version);
    }
}
