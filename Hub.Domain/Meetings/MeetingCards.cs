using Hub.Domain.People;
using Hub.Domain.Search;
using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.Meetings;

/// <summary>Cards of meetings that are linked to, for those who are in them.</summary>
internal sealed class MeetingCards(TimeProvider clock) : ICardSource
{
    public CardKind Kind => CardKind.Meeting;

    public string Room => "meetings";

    public Task<IReadOnlyDictionary<string, Guid>> FindAsync(HubDb db, Viewer viewer, IReadOnlyCollection<string> addresses, CancellationToken ct = default) =>
        Task.FromResult(HubAddress.Ids(addresses, "/meetings/"));

    public async Task<IReadOnlyList<LinkCard>> CardsAsync(HubDb db, Viewer viewer, IReadOnlyCollection<Guid> ids, CancellationToken ct = default)
    {
        var now = clock.Now();
        var rows = await db.Meetings.AsNoTracking().VisibleTo(viewer).Where(m => ids.Contains(m.Id)).Select(m => new
        {
            Meeting = m, m.Organiser.Name, Mine = m.Attendees.Where(a => a.PersonId == viewer.PersonId).Select(a => a.Status).First(),
        }).ToListAsync(ct);
        return rows.ConvertAll(r =>
        {
            var (m, when) = (r.Meeting, Next(r.Meeting, now));
            return new LinkCard(CardKind.Meeting, m.Id, $"/meetings/{m.Id}", m.Title)
            {
                Place = m.Place, By = r.Name, StartsAt = when.StartsAt, EndsAt = when.EndsAt, Version = m.Version,
                State = m.CancelledAt is not null ? "cancelled" : LinkCard.Word(r.Mine), MayAnswer = m.CancelledAt is null && m.OrganiserId != viewer.PersonId,
            };
        });
    }

    // The one that is on or comes next, or the last.
    private static Slot Next(Meeting m, DateTime now)
    {
        foreach (var slot in Series.Slots(m.LocalStart, m.LocalEnd, m.TimeZone, m.Recurrence, now, DateTime.MaxValue)) return slot;
        return Series.Slots(m.LocalStart, m.LocalEnd, m.TimeZone, m.Recurrence, m.FirstStartsAt, now).Last();
    }
}
