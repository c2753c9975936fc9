using Hub.Domain.Audit;
using Hub.Domain.Chat;
using Hub.Domain.Devices;
using Hub.Domain.Fixes;
using Hub.Domain.Knowledge;
using Hub.Domain.Live;
using Hub.Domain.Meetings;
using Hub.Domain.Notifications;
using Hub.Domain.People;
using Hub.Domain.Search;
using Hub.Domain.ServiceDesk;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.Storage;

/// <summary>
/// The hub's database. One context for one operation. The model is the same on both providers; each has its own sealed
/// context and migrations.
/// </summary>
public abstract class HubDb(DbContextOptions options) : DbContext(options)
{
    public DbSet<Organisation> Organisations => Set<Organisation>();
    public DbSet<Unit> Units => Set<Unit>();
    public DbSet<Site> Sites => Set<Site>();
    public DbSet<Group> Groups => Set<Group>();
    public DbSet<Person> People => Set<Person>();
    public DbSet<Shift> Shifts => Set<Shift>();
    public DbSet<Absence> Absences => Set<Absence>();
    public DbSet<Availability> Availabilities => Set<Availability>();
    public DbSet<WakeContact> WakeContacts => Set<WakeContact>();
    public DbSet<RoleGrant> RoleGrants => Set<RoleGrant>();
    public DbSet<AccessToken> AccessTokens => Set<AccessToken>();
    public DbSet<Draft> Drafts => Set<Draft>();
    public DbSet<PersonPreferences> PersonPreferences => Set<PersonPreferences>();

    public DbSet<Supplier> Suppliers => Set<Supplier>();
    public DbSet<Category> Categories => Set<Category>();
    public DbSet<Service> Services => Set<Service>();

    public DbSet<Conversation> Conversations => Set<Conversation>();
    public DbSet<ConversationMember> ConversationMembers => Set<ConversationMember>();
    public DbSet<Message> Messages => Set<Message>();
    public DbSet<MessageVersion> MessageVersions => Set<MessageVersion>();
    public DbSet<MessageTerm> MessageTerms => Set<MessageTerm>();
    public DbSet<Reaction> Reactions => Set<Reaction>();
    public DbSet<ThreadFollow> ThreadFollows => Set<ThreadFollow>();
    public DbSet<SavedMessage> SavedMessages => Set<SavedMessage>();
    public DbSet<StoredFile> StoredFiles => Set<StoredFile>();
    public DbSet<LaterMessage> LaterMessages => Set<LaterMessage>();
    public DbSet<Hook> Hooks => Set<Hook>();
    public DbSet<HookDelivery> HookDeliveries => Set<HookDelivery>();
    public DbSet<Reminder> Reminders => Set<Reminder>();

    public DbSet<MessageReport> MessageReports => Set<MessageReport>();
    public DbSet<HiddenMessage> HiddenMessages => Set<HiddenMessage>();
    public DbSet<HeldMessage> HeldMessages => Set<HeldMessage>();
    public DbSet<RetentionRule> RetentionRules => Set<RetentionRule>();
    public DbSet<LegalHold> LegalHolds => Set<LegalHold>();
    public DbSet<ConversationExport> ConversationExports => Set<ConversationExport>();

    public DbSet<MessageMention> MessageMentions => Set<MessageMention>();

    public DbSet<Article> Articles => Set<Article>();
    public DbSet<ArticleVersion> ArticleVersions => Set<ArticleVersion>();
    public DbSet<ArticleFeedback> ArticleFeedback => Set<ArticleFeedback>();

    public DbSet<Fix> Fixes => Set<Fix>();
    public DbSet<FixVersion> FixVersions => Set<FixVersion>();
    public DbSet<FixRun> FixRuns => Set<FixRun>();
    public DbSet<RunStep> RunSteps => Set<RunStep>();

    public DbSet<Device> Devices => Set<Device>();
    public DbSet<SimulatedResource> SimulatedResources => Set<SimulatedResource>();

    public DbSet<Meeting> Meetings => Set<Meeting>();
    public DbSet<MeetingAttendee> MeetingAttendees => Set<MeetingAttendee>();

    public DbSet<Notification> Notifications => Set<Notification>();
    public DbSet<PushDevice> PushDevices => Set<PushDevice>();

    public DbSet<SearchDocument> SearchDocuments => Set<SearchDocument>();
    public DbSet<SearchPosting> SearchPostings => Set<SearchPosting>();

    public DbSet<AuditEntry> AuditEntries => Set<AuditEntry>();
    public DbSet<ProtectionKey> ProtectionKeys => Set<ProtectionKey>();
    public DbSet<IdempotencyRecord> IdempotencyRecords => Set<IdempotencyRecord>();
    public DbSet<FilesFolder> FilesFolders => Set<FilesFolder>();
    public DbSet<DueWork> DueWork => Set<DueWork>();
    public DbSet<Node> Nodes => Set<Node>();

    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder)
    {
        configurationBuilder.Properties<DateTime>().HaveConversion<UtcMilliseconds>();
        configurationBuilder.Properties<Enum>().HaveConversion<string>().HaveMaxLength(40);
    }

    protected override void OnModelCreating(ModelBuilder modelBuilder) => HubModel.Build(modelBuilder);

    public override int SaveChanges(bool acceptAllChangesOnSuccess)
    {
        Guard();
        return base.SaveChanges(acceptAllChangesOnSuccess);
    }

    public override Task<int> SaveChangesAsync(bool acceptAllChangesOnSuccess, CancellationToken cancellationToken = default)
    {
        Guard();
        return base.SaveChangesAsync(acceptAllChangesOnSuccess, cancellationToken);
    }

    private void Guard()
    {
        foreach (var entry in ChangeTracker.Entries())
        {
            if (entry is { Entity: AuditEntry, State: EntityState.Modified or EntityState.Deleted })
                throw new InvalidOperationException("Audit rows are only ever added.");
            if (entry.State is EntityState.Added or EntityState.Modified)
                foreach (var p in entry.Properties)
                    if (p.CurrentValue is string text && text.Contains('\0', StringComparison.Ordinal))
                        throw new InvalidOperationException($"NUL in {entry.Metadata.ClrType.Name}.{p.Metadata.Name}: refuse it before storing.");
        }
    }
}

/// <summary>The embedded default.</summary>
public sealed class SqliteHubDb(DbContextOptions<SqliteHubDb> options) : HubDb(options);

/// <summary>When it grows.</summary>
public sealed class PostgresHubDb(DbContextOptions<PostgresHubDb> options) : HubDb(options)
{
    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        base.OnModelCreating(modelBuilder);
        // Terms and keys compare byte by byte, as SQLite does, so that both databases give one order.
        modelBuilder.UseCollation("C");
    }
}
