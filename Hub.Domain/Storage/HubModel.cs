using System.Linq.Expressions;
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
using Hub.Domain.Text;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Hub.Domain.Storage;

/// <summary>Keys, lengths and indexes of every room, for both providers. Keys are made by the hub, never by the database.</summary>
internal static class HubModel
{
    public static void Build(ModelBuilder model)
    {
        People(model);
        ServiceDesk(model);
        Chat(model);
        Order(model);
        Knowledge(model);
        Fixes(model);
        Meetings(model);
        Notifications(model);
        Rest(model);
        foreach (var key in model.Model.GetEntityTypes().SelectMany(e => e.GetForeignKeys()).Where(k => !k.IsOwnership))
            key.DeleteBehavior = DeleteBehavior.Restrict;
        foreach (var id in model.Model.GetEntityTypes().Where(e => !e.IsOwned()).Select(e => e.FindProperty("Id")).Where(p => p?.ClrType == typeof(Guid)))
            id!.ValueGenerated = Microsoft.EntityFrameworkCore.Metadata.ValueGenerated.Never;
    }

    private static void People(ModelBuilder model)
    {
        model.Entity<Organisation>(e =>
        {
            e.Property(x => x.Name).HasMaxLength(200);
            e.Property(x => x.Domain).HasMaxLength(200);
            e.HasIndex(x => x.Domain).IsUnique();
            OwnsAudience(e, x => x.Audience, "OrganisationAudience");
        });
        model.Entity<Unit>(e =>
        {
            e.Property(x => x.Name).HasMaxLength(200);
            e.Property(x => x.Path).HasMaxLength(1000);
            e.HasOne<Organisation>().WithMany().HasForeignKey(x => x.OrganisationId);
        });
        model.Entity<Site>(e => e.HasOne<Organisation>().WithMany().HasForeignKey(x => x.OrganisationId));
        model.Entity<Group>(e =>
        {
            e.HasOne<Organisation>().WithMany().HasForeignKey(x => x.OrganisationId);
            e.HasMany(x => x.Members).WithOne().HasForeignKey(x => x.GroupId);
        });
        model.Entity<GroupMember>().HasKey(x => new { x.GroupId, x.PersonId });
        model.Entity<Person>(e =>
        {
            e.Property(x => x.Name).HasMaxLength(200);
            e.Property(x => x.Email).HasMaxLength(320);
            e.HasIndex(x => x.Email).IsUnique();
            e.HasIndex(x => x.EntraObjectId).IsUnique();
            e.HasIndex(x => new { x.OrganisationId, x.Name });
            e.HasMany(x => x.Groups).WithOne().HasForeignKey(x => x.PersonId);
            e.HasMany(x => x.Roles).WithOne().HasForeignKey(x => x.PersonId);
        });
        model.Entity<Shift>(e =>
        {
            e.HasOne<Person>().WithMany().HasForeignKey(x => x.PersonId);
            e.HasIndex(x => new { x.PersonId, x.StartsAt });
        });
        model.Entity<Absence>(e =>
        {
            e.HasOne<Person>().WithMany().HasForeignKey(x => x.PersonId);
            e.HasIndex(x => new { x.PersonId, x.StartsAt });
        });
        model.Entity<Availability>(e =>
        {
            e.HasKey(x => x.PersonId);
            e.HasOne<Person>().WithOne().HasForeignKey<Availability>(x => x.PersonId);
        });
        model.Entity<WakeContact>(e =>
        {
            e.HasKey(x => new { x.PersonId, x.ContactId });
            e.HasOne<Person>().WithMany().HasForeignKey(x => x.PersonId);
            e.HasOne<Person>().WithMany().HasForeignKey(x => x.ContactId);
        });
        model.Entity<AccessToken>(e =>
        {
            e.HasOne<Person>().WithMany().HasForeignKey(x => x.PersonId);
            e.Property(x => x.Hash).HasMaxLength(64);
            e.HasIndex(x => x.Hash).IsUnique();
        });
        model.Entity<Draft>(e =>
        {
            e.HasKey(x => new { x.PersonId, x.Key });
            e.Property(x => x.Key).HasMaxLength(200);
        });
    }

    private static void ServiceDesk(ModelBuilder model)
    {
        model.Entity<Supplier>().Property(x => x.Name).HasMaxLength(200);
        model.Entity<Category>().HasIndex(x => x.Name).IsUnique();
        model.Entity<Service>(e =>
        {
            e.Property(x => x.Slug).HasMaxLength(80);
            e.HasIndex(x => x.Slug).IsUnique();
        });
    }

    private static void Chat(ModelBuilder model)
    {
        model.Entity<Conversation>(e =>
        {
            e.Property(x => x.Name).HasMaxLength(80);
            e.Property(x => x.Topic).HasMaxLength(500);
            e.Property(x => x.PairKey).HasMaxLength(80);
            e.HasIndex(x => x.PairKey).IsUnique();
            e.HasIndex(x => new { x.OrganisationId, x.Name });
            OwnsAudience(e, x => x.Audience, "ConversationAudience");
        });
        model.Entity<ConversationMember>(e =>
        {
            e.HasKey(x => new { x.ConversationId, x.PersonId });
            e.HasOne(x => x.Conversation).WithMany(x => x.Members).HasForeignKey(x => x.ConversationId);
            e.HasIndex(x => new { x.PersonId, x.LeftAt });
        });
        model.Entity<Message>(e =>
        {
            e.HasIndex(x => new { x.ConversationId, x.Sequence }).IsUnique();
            e.HasIndex(x => new { x.SenderId, x.ClientMessageId }).IsUnique();
            e.HasIndex(x => x.RunId).HasFilter("\"RunId\" IS NOT NULL");
            e.HasIndex(x => new { x.ThreadId, x.Sequence }).HasFilter("\"ThreadId\" IS NOT NULL");
            e.HasIndex(x => new { x.ConversationId, x.PinnedAt }).HasFilter("\"PinnedAt\" IS NOT NULL");
            e.HasIndex(x => new { x.ConversationId, x.Help, x.Sequence }).HasFilter("\"Help\" IS NOT NULL");
            e.Property(x => x.Reactions).HasDefaultValue("");
            e.Property(x => x.Links).HasMaxLength(MessageLinks.MostCharacters);
            e.Property(x => x.Indexed).HasDefaultValue(-1).HasSentinel(-1);
            // What search does not know yet.
            e.HasIndex(x => new { x.ConversationId, x.Sequence }, "IX_Messages_Unindexed").HasFilter("\"Indexed\" <> \"Revision\"");
            e.HasOne(x => x.Sender).WithMany().HasForeignKey(x => x.SenderId);
        });
        model.Entity<MessageVersion>().HasKey(x => new { x.MessageId, x.Version });
        model.Entity<MessageTerm>(e =>
        {
            e.HasKey(x => new { x.Term, x.MessageId, x.ConversationId });
            e.Property(x => x.Term).HasMaxLength(Terms.MaxLength);
        });
        model.Entity<Reaction>(e =>
        {
            e.HasKey(x => new { x.MessageId, x.PersonId, x.Emoji });
            e.Property(x => x.Emoji).HasMaxLength(Emoji.MostLength);
            e.HasOne<Message>().WithMany().HasForeignKey(x => x.MessageId);
            e.HasOne(x => x.Person).WithMany().HasForeignKey(x => x.PersonId);
        });
        model.Entity<ThreadFollow>(e =>
        {
            e.HasKey(x => new { x.ThreadId, x.PersonId });
            e.HasIndex(x => x.PersonId);
            e.HasOne(x => x.Thread).WithMany().HasForeignKey(x => x.ThreadId);
        });
        model.Entity<SavedMessage>(e =>
        {
            e.HasKey(x => new { x.PersonId, x.MessageId });
            e.HasOne(x => x.Message).WithMany().HasForeignKey(x => x.MessageId);
        });
        model.Entity<LaterMessage>(e =>
        {
            e.HasKey(x => new { x.PersonId, x.Id });
            e.Property(x => x.Reason).HasMaxLength(80);
            e.HasOne<Person>().WithMany().HasForeignKey(x => x.PersonId);
            e.HasOne<Conversation>().WithMany().HasForeignKey(x => x.ConversationId);
        });
        model.Entity<Hook>(e =>
        {
            e.Property(x => x.Name).HasMaxLength(HookService.MostOfName);
            e.Property(x => x.Secret).HasMaxLength(500);
            e.Property(x => x.Address).HasMaxLength(HookHosts.MostCharacters);
            e.Property(x => x.Events).HasMaxLength(80);
            e.Property(x => x.Word).HasMaxLength(HookService.MostOfName);
            e.HasOne(x => x.Conversation).WithMany().HasForeignKey(x => x.ConversationId);
            e.HasOne(x => x.Bot).WithMany().HasForeignKey(x => x.BotId);
            e.HasOne(x => x.CreatedBy).WithMany().HasForeignKey(x => x.CreatedById);
        });
        model.Entity<HookDelivery>(e =>
        {
            e.HasIndex(x => x.WorkId).IsUnique();
            e.HasOne(x => x.Hook).WithMany().HasForeignKey(x => x.HookId);
            e.HasOne(x => x.Message).WithMany().HasForeignKey(x => x.MessageId);
        });
        model.Entity<Reminder>(e =>
        {
            e.Property(x => x.Note).HasMaxLength(ReminderService.MostCharacters);
            e.HasIndex(x => new { x.PersonId, x.At });
            e.HasIndex(x => x.RemindedAt).HasFilter("\"RemindedAt\" IS NOT NULL");
            e.HasOne<Person>().WithMany().HasForeignKey(x => x.PersonId);
            e.HasOne<Message>().WithMany().HasForeignKey(x => x.MessageId);
        });
        model.Entity<StoredFile>(e =>
        {
            e.Property(x => x.Name).HasMaxLength(FileNames.Most);
            e.Property(x => x.ContentType).HasMaxLength(100);
            e.Property(x => x.Hash).HasMaxLength(64);
            e.Property(x => x.Finding).HasMaxLength(200);
            e.HasOne(x => x.Owner).WithMany().HasForeignKey(x => x.OwnerId);
            e.HasOne(x => x.Conversation).WithMany().HasForeignKey(x => x.ConversationId);
            e.HasOne(x => x.Message).WithMany().HasForeignKey(x => x.MessageId);
            // What is cleared out: never posted, or removed and not erased.
            e.HasIndex(x => x.StartedAt).HasFilter("\"MessageId\" IS NULL AND \"RemovedAt\" IS NULL");
            e.HasIndex(x => x.RemovedAt).HasFilter("\"ErasedAt\" IS NULL");
            e.HasIndex(x => x.StoredAt).HasFilter("\"State\" = 'Quarantined'");
        });
    }

    private static void Order(ModelBuilder model)
    {
        model.Entity<Message>(e => e.Property(x => x.HiddenReason).HasMaxLength(ModerationService.MostCharacters));
        model.Entity<HeldMessage>(e =>
        {
            e.HasKey(x => x.MessageId);
            e.HasOne<Message>().WithOne().HasForeignKey<HeldMessage>(x => x.MessageId);
            e.HasIndex(x => x.ConversationId);
            e.HasIndex(x => x.SenderId);
        });
        model.Entity<MessageReport>(e =>
        {
            e.Property(x => x.Text).HasMaxLength(ReportService.MostCharacters);
            e.HasOne(x => x.Message).WithMany().HasForeignKey(x => x.MessageId);
            e.HasOne(x => x.Reporter).WithMany().HasForeignKey(x => x.ReporterId);
            e.HasOne(x => x.HandledBy).WithMany().HasForeignKey(x => x.HandledById);
            e.HasIndex(x => x.MessageId);
            // Nobody has two open ones about the same message.
            e.HasIndex(x => new { x.MessageId, x.ReporterId }).IsUnique().HasFilter("\"State\" = 'Open'");
            e.HasIndex(x => new { x.State, x.Id });
        });
        model.Entity<HiddenMessage>(e =>
        {
            e.Property(x => x.Reason).HasMaxLength(ModerationService.MostCharacters);
            e.Property(x => x.Links).HasMaxLength(MessageLinks.MostCharacters);
            e.HasOne<Message>().WithMany().HasForeignKey(x => x.MessageId);
            e.HasOne(x => x.HiddenBy).WithMany().HasForeignKey(x => x.HiddenById);
            e.HasIndex(x => x.MessageId);
        });
        model.Entity<RetentionRule>(e =>
        {
            e.HasKey(x => new { x.OrganisationId, x.Kind });
            e.HasOne<Organisation>().WithMany().HasForeignKey(x => x.OrganisationId);
            e.HasOne(x => x.SetBy).WithMany().HasForeignKey(x => x.SetById);
        });
        model.Entity<LegalHold>(e =>
        {
            e.Property(x => x.Reason).HasMaxLength(HoldService.MostOfReason);
            e.Property(x => x.Reference).HasMaxLength(HoldService.MostOfReference);
            e.HasOne<Organisation>().WithMany().HasForeignKey(x => x.OrganisationId);
            e.HasOne(x => x.Conversation).WithMany().HasForeignKey(x => x.ConversationId);
            e.HasOne(x => x.Person).WithMany().HasForeignKey(x => x.PersonId);
            e.HasOne(x => x.PlacedBy).WithMany().HasForeignKey(x => x.PlacedById);
            e.HasOne(x => x.EndedBy).WithMany().HasForeignKey(x => x.EndedById);
        });
        model.Entity<ConversationExport>(e =>
        {
            e.Property(x => x.Reason).HasMaxLength(HoldService.MostOfReason);
            e.HasOne(x => x.Conversation).WithMany().HasForeignKey(x => x.ConversationId);
            e.HasOne(x => x.MadeBy).WithMany().HasForeignKey(x => x.MadeById);
        });
    }

    private static void Notifications(ModelBuilder model)
    {
        model.Entity<ConversationMember>(e =>
        {
            e.Property(x => x.Alerts).HasDefaultValue(MemberAlerts.Mentions);
            // What every post asks.
            e.HasIndex(x => x.ConversationId, "IX_ConversationMembers_Everything").HasFilter("\"Alerts\" = 'Everything'");
        });
        model.Entity<Conversation>().Property(x => x.Marking).HasMaxLength(60);
        model.Entity<PersonPreferences>(e =>
        {
            e.HasKey(x => x.PersonId);
            e.Property(x => x.Push).HasDefaultValue(true).HasSentinel(true);
            // What every post asks.
            e.HasIndex(x => x.PersonId, "IX_PersonPreferences_Words").HasFilter("\"AlertWords\" <> ''");
            e.HasOne<Person>().WithMany().HasForeignKey(x => x.PersonId);
        });
        model.Entity<MessageMention>().HasKey(x => new { x.MessageId, x.Kind, x.TargetId });
        // A mention is looked up by name.
        model.Entity<Person>().HasIndex(x => x.Name);
        model.Entity<Notification>(e =>
        {
            // One entry for each subject, however often its making is tried.
            e.HasIndex(x => new { x.PersonId, x.Kind, x.SubjectId }).IsUnique();
            e.HasIndex(x => new { x.PersonId, x.At });
            e.HasIndex(x => x.At);
            e.HasOne<Person>().WithMany().HasForeignKey(x => x.PersonId);
        });
        model.Entity<PushDevice>(e =>
        {
            e.Property(x => x.Endpoint).HasMaxLength(PushDeviceService.LongestEndpoint);
            e.Property(x => x.P256dh).HasMaxLength(100);
            e.Property(x => x.Auth).HasMaxLength(40);
            e.Property(x => x.HubKey).HasMaxLength(PushDeviceService.ShortLength);
            e.Property(x => x.Browser).HasMaxLength(PushDeviceService.LongestName);
            e.HasIndex(x => x.Endpoint).IsUnique();
            e.HasIndex(x => x.PersonId);
            e.HasOne<Person>().WithMany().HasForeignKey(x => x.PersonId);
        });
    }

    private static void Knowledge(ModelBuilder model)
    {
        model.Entity<Article>(e =>
        {
            e.Property(x => x.Title).HasMaxLength(300);
            e.Property(x => x.Summary).HasMaxLength(300);
            e.Property(x => x.SourcePath).HasMaxLength(500);
            e.HasIndex(x => new { x.OrganisationId, x.SourcePath }).IsUnique();
            e.HasIndex(x => x.PublishedAt);
            e.HasOne(x => x.Owner).WithMany().HasForeignKey(x => x.OwnerId);
            e.HasMany(x => x.Versions).WithOne().HasForeignKey(x => x.ArticleId);
            OwnsAudience(e, x => x.Audience, "ArticleAudience");
        });
        model.Entity<ArticleVersion>(e =>
        {
            e.HasKey(x => new { x.ArticleId, x.Number });
            e.Property(x => x.Title).HasMaxLength(300);
            e.HasOne(x => x.SavedBy).WithMany().HasForeignKey(x => x.SavedById);
        });
        model.Entity<ArticleFeedback>(e =>
        {
            e.HasKey(x => new { x.ArticleId, x.Number, x.PersonId });
            e.Property(x => x.Reason).HasMaxLength(2000);
        });
    }

    private static void Fixes(ModelBuilder model)
    {
        model.Entity<Fix>(e =>
        {
            e.Property(x => x.Slug).HasMaxLength(80);
            e.HasIndex(x => x.Slug).IsUnique();
            e.HasMany(x => x.Versions).WithOne().HasForeignKey(x => x.FixId);
            OwnsAudience(e, x => x.Audience, "FixAudience");
        });
        model.Entity<FixVersion>().HasKey(x => new { x.FixId, x.Number });
        model.Entity<FixRun>(e =>
        {
            e.HasIndex(x => new { x.PersonId, x.State });
            e.HasIndex(x => new { x.FixId, x.EndedAt });
            e.HasIndex(x => new { x.State, x.DueAt });
            e.HasOne(x => x.Person).WithMany().HasForeignKey(x => x.PersonId);
            e.HasMany(x => x.Steps).WithOne().HasForeignKey(x => x.RunId);
        });
        model.Entity<RunStep>(e =>
        {
            e.HasKey(x => new { x.RunId, x.Number });
            e.Property(x => x.StepId).HasMaxLength(80);
            e.Property(x => x.Kind).HasMaxLength(20);
        });
    }

    private static void Meetings(ModelBuilder model)
    {
        model.Entity<Meeting>(e =>
        {
            e.Property(x => x.Title).HasMaxLength(200);
            e.Property(x => x.LocalStart).HasMaxLength(19);
            e.Property(x => x.LocalEnd).HasMaxLength(19);
            e.Property(x => x.TimeZone).HasMaxLength(60);
            e.Property(x => x.Recurrence).HasMaxLength(500);
            e.HasIndex(x => new { x.FirstStartsAt, x.LastEndsAt });
            e.HasOne(x => x.Organiser).WithMany().HasForeignKey(x => x.OrganiserId);
        });
        model.Entity<MeetingAttendee>(e =>
        {
            e.HasKey(x => new { x.MeetingId, x.PersonId });
            e.HasOne(x => x.Meeting).WithMany(x => x.Attendees).HasForeignKey(x => x.MeetingId);
            e.HasIndex(x => x.PersonId);
        });
    }

    private static void Rest(ModelBuilder model)
    {
        model.Entity<Device>(e =>
        {
            e.Property(x => x.ManagementId).HasMaxLength(80);
            e.HasIndex(x => x.OwnerId);
        });
        model.Entity<SimulatedResource>(e =>
        {
            e.HasKey(x => x.Path);
            e.Property(x => x.Path).HasMaxLength(300);
        });
        model.Entity<SearchDocument>(e =>
        {
            e.HasKey(x => new { x.Kind, x.Id });
            e.HasIndex(x => x.ChangedAt);
        });
        model.Entity<SearchPosting>(e =>
        {
            e.HasKey(x => new { x.Kind, x.Term, x.DocumentId });
            e.Property(x => x.Term).HasMaxLength(64);
            e.HasIndex(x => new { x.Kind, x.DocumentId });
        });
        model.Entity<AuditEntry>(e =>
        {
            e.Property(x => x.Action).HasMaxLength(80);
            e.HasIndex(x => x.At);
            e.HasIndex(x => new { x.SubjectKind, x.SubjectId });
        });
        model.Entity<ProtectionKey>().Property(x => x.Name).HasMaxLength(200);
        model.Entity<IdempotencyRecord>(e =>
        {
            e.HasKey(x => new { x.PersonId, x.Key });
            e.Property(x => x.Key).HasMaxLength(200);
            e.HasIndex(x => x.CreatedAt);
        });
        model.Entity<FilesFolder>(e =>
        {
            e.HasKey(x => x.Name);
            e.Property(x => x.Name).HasMaxLength(20);
        });
        model.Entity<DueWork>(e =>
        {
            e.Property(x => x.Kind).HasMaxLength(60);
            e.Property(x => x.Key).HasMaxLength(200);
            e.Property(x => x.LastError).HasMaxLength(200);
            e.HasIndex(x => new { x.Kind, x.Key }).IsUnique();
            // What every node asks every second.
            e.HasIndex(x => x.DueAt).HasFilter("\"DeadAt\" IS NULL");
        });
        model.Entity<Node>(e =>
        {
            e.Property(x => x.Name).HasMaxLength(200);
            e.Property(x => x.Version).HasMaxLength(200);
            e.HasIndex(x => x.SeenAt);
        });
    }

    private static void OwnsAudience<T>(EntityTypeBuilder<T> entity, Expression<Func<T, IEnumerable<AudienceEntry>?>> audience, string table) where T : class =>
        entity.OwnsMany(audience, a =>
        {
            a.ToTable(table);
            a.WithOwner().HasForeignKey("OwnerId");
            a.HasKey("OwnerId", nameof(AudienceEntry.TargetId));
            a.Property(x => x.TargetId).ValueGeneratedNever();
            a.HasIndex(x => x.TargetId);
        });
}
