using Hub.Domain.Knowledge;
using Hub.Domain.People;

namespace Hub.Domain.Seed;

/// <summary>Articles written by their authors and published by the knowledge manager of their body.</summary>
internal sealed class SeedArticles(KnowledgeService knowledge, SeedPeople people, SeedClock clock)
{
    public async Task MakeAsync(PeopleFile directory, CancellationToken ct)
    {
        var managers = directory.People.Where(p => p.Roles.Any(r => r.Role == nameof(Role.KnowledgeManager))).GroupBy(p => p.Organisation)
            .ToDictionary(g => g.Key, g => people.People[g.First().Email], StringComparer.Ordinal);
        foreach (var (head, body) in SeedContent.Articles().OrderByDescending(a => a.Head.DaysAgo))
        {
            clock.Set(clock.Utc(-head.DaysAgo, "10:15"));
            var audience = head.Audience.Select(o => AudienceEntry.Body(people.Organisations[o])).ToList();
            var made = (await knowledge.CreateAsync(people.People[head.Author], new NewArticle(head.Title, body, head.Service, audience), ct)).Value;
            var manager = managers[directory.People.Single(p => p.Email == head.Author).Organisation];
            _ = (await knowledge.PublishAsync(manager, made.Id, made.Version, ct)).Value;
        }
        clock.SetNow();
    }
}
