using System.Reflection;
using Hub.Domain.Audit;
using Hub.Domain.Live;
using Hub.Domain.People;
using Hub.Domain.Search;
using Hub.Domain.ServiceDesk;
using Hub.Domain.Storage;
using Hub.Domain.Text;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.Fixes;

/// <summary>Which fixes there are: authors save and publish documents, each a new version; runs keep the version they began with.</summary>
public sealed class FixCatalogue(IDbContextFactory<HubDb> hub, SearchIndex index, TimeProvider clock)
{
    /// <summary>Checks a document, stores it as a new version and publishes it. The same document again changes nothing but the audience, which grows.</summary>
    /// <param name="actor">A fix author of their own body, or for the service's category or supplier; that of the fix as it stands too.</param>
    /// <param name="yaml">The document.</param>
    /// <param name="audience">Bodies whose people may run it.</param>
    /// <param name="ct">Stops it.</param>
    /// <returns>Number of the published version. A conflict when somebody else publishes the first version of the same fix.</returns>
    public async Task<Outcome<int>> PublishAsync(Actor actor, string yaml, IReadOnlyCollection<Guid> audience, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        var viewer = await db.EnterAsync(actor, ct);
        if (!viewer.Known) return Refusal.NotFound;
        if (viewer.Roles.All(r => r.Role != Role.FixAuthor)) return Refusal.Forbidden;
        if (FixDocument.Check(yaml) is [var error, ..]) return Refusal.Invalid("document", $"fix.{error.Code}", error.Where, error.What);
        var d = FixDocument.Parse(yaml);
        var service = await db.Services.FirstOrDefaultAsync(s => s.Slug == d.Service, ct);
        if (service is null) return Refusal.Invalid("document", "fix.unknownService", d.Service);
        if (!MayWrite(viewer, viewer.OrganisationId, service)) return Refusal.Forbidden;

        await using var tx = await db.Database.BeginTransactionAsync(ct);
        // Rows are locked before they are read: who publishes at the same time waits, and counts on from this version. A new fix has
        // no row yet; its service's stands for it.
        await db.Services.Where(x => x.Id == service.Id).ExecuteUpdateAsync(x => x.SetProperty(y => y.Name, y => y.Name), ct);
        await db.Fixes.Where(f => f.Slug == d.Slug).ExecuteUpdateAsync(s => s.SetProperty(f => f.Slug, f => f.Slug), ct);
        var fix = await db.Fixes.Include(f => f.Versions).Include(f => f.Service).AsSplitQuery().FirstOrDefaultAsync(f => f.Slug == d.Slug, ct);
        if (fix is not null && !MayWrite(viewer, fix.OrganisationId, fix.Service)) return Refusal.Forbidden;
        fix ??= db.Fixes.Add(new Fix { Id = clock.NewId(), OrganisationId = viewer.OrganisationId, Slug = d.Slug, Title = d.Title, ServiceId = service.Id }).Entity;
        foreach (var body in audience.Where(b => fix.Audience.All(a => a.TargetId != b))) fix.Audience.Add(AudienceEntry.Body(body));
        var standing = fix.Versions.Find(v => v.Number == fix.PublishedNumber);
        if (standing?.Document != yaml)
        {
            var now = clock.Now();
            fix.PublishedNumber = fix.Versions.Count == 0 ? 1 : fix.Versions.Max(v => v.Number) + 1;
            (fix.Title, fix.Summary, fix.Minutes, fix.ServiceId) = (d.Title, d.Summary, d.Minutes, service.Id);
            db.FixVersions.Add(new FixVersion { FixId = fix.Id, Number = fix.PublishedNumber.Value, Document = yaml, SavedAt = now, SavedById = actor.PersonId, PublishedAt = now, PublishedById = actor.PersonId });
            await index.PutAsync(db, SearchKind.Fix, fix.Id, d.Title, Markdown.Plain($"{d.Summary} {d.Keywords}"), ct);
            db.Audit(clock, actor, "fix.publish", "fix", fix.Id, $"{d.Slug} {fix.PublishedNumber}");
        }
        try
        {
            await db.SaveChangesAsync(ct);
        }
        catch (DbUpdateException e) when (!StorageAway.Is(e))
        {
            // A new fix has no row to lock: its short name is unique, and somebody else was first.
            await tx.RollbackAsync(ct);
            db.ChangeTracker.Clear();
            if (await db.Fixes.AnyAsync(f => f.Slug == d.Slug, ct)) return Refusal.Conflict("stale");
            throw;
        }
        await tx.CommitAsync(ct);
        return fix.PublishedNumber!.Value;
    }

    /// <summary>Publishes the fixes that come with the hub; again changes nothing.</summary>
    /// <returns>How many there are.</returns>
    public async Task<Outcome<int>> PublishBuiltInAsync(Actor actor, IReadOnlyCollection<Guid> audience, CancellationToken ct = default)
    {
        var documents = await BuiltInAsync();
        foreach (var yaml in documents)
            if ((await PublishAsync(actor, yaml, audience, ct)).Refusal is { } refusal) return refusal;
        return documents.Count;
    }

    // For the hub any fix; else one's own body's alone: all of them, or those of services in one's category or of one's supplier.
    private static bool MayWrite(Viewer viewer, Guid organisationId, Service service) =>
        viewer.Has(Role.FixAuthor) || (organisationId == viewer.OrganisationId && (viewer.HasForBody(Role.FixAuthor, organisationId)
            || viewer.Has(Role.FixAuthor, ScopeKind.Category, service.CategoryId) || viewer.Has(Role.FixAuthor, ScopeKind.Supplier, service.SupplierId)));

    /// <summary>The documents that come with the hub.</summary>
    internal static async Task<IReadOnlyList<string>> BuiltInAsync()
    {
        var assembly = Assembly.GetExecutingAssembly();
        var documents = new List<string>();
        foreach (var name in assembly.GetManifestResourceNames().Where(n => n.StartsWith("fixes/", StringComparison.Ordinal)).Order(StringComparer.Ordinal))
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
            documents.Add(await reader.ReadToEndAsync());
        }
        return documents;
    }
}
