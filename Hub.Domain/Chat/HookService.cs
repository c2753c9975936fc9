using System.Security.Cryptography;
using System.Text;
using Hub.Domain.Audit;
using Hub.Domain.Live;
using Hub.Domain.People;
using Hub.Domain.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hub.Domain.Chat;

/// <summary>
/// A channel's webhooks, for its owners: for everybody else there are none. One that comes in has a bot, a person of kind Bot who is a member of this channel alone. What comes
/// in: <see cref="HookReceiver"/>; what goes out: <see cref="HookDeliveries"/>.
/// </summary>
public sealed class HookService(IDbContextFactory<HubDb> hub, LiveBus live, HookHosts hosts, IHookSender sender, TimeProvider clock)
{
    /// <summary>Most webhooks of a channel that have not ended.</summary>
    public const int MostHooks = 20;

    /// <summary>Most characters of a name, and of the word that messages begin with.</summary>
    public const int MostOfName = 80;

    /// <summary>Those that have not ended.</summary>
    public async Task<Outcome<HookList>> ListAsync(Actor actor, Guid conversationId, CancellationToken ct = default)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        if (!await db.OwnsAsync(actor, conversationId, ct)) return Refusal.NotFound;
        var channel = await db.Conversations.Where(c => c.Id == conversationId).Select(c => new { c.Name, c.Version }).SingleAsync(ct);
        return new HookList(channel.Name, await RecordsAsync(db, db.Hooks.Where(h => h.ConversationId == conversationId && h.EndedAt == null), ct), hosts.Allowed.Count > 0, channel.Version);
    }

    /// <summary>Makes one. Its secret is given here and never again.</summary>
    public async Task<Outcome<HookMade>> CreateAsync(Actor actor, Guid conversationId, NewHook hook, CancellationToken ct = default)
    {
        hook = hook with { Name = hook.Name.Trim(), Address = hook.Address.Trim(), Word = hook.Word.Trim() };
        if (Check(hook) is { } wrong) return wrong;
        var (secret, kept) = hook.Kind == HookKind.Incoming ? MakeSecret() : sender.MakeSecret();
        var made = await ChangeAsync<HookMade>(actor, conversationId, async db =>
        {
            if (await db.Hooks.CountAsync(h => h.ConversationId == conversationId && h.EndedAt == null, ct) >= MostHooks) return Refusal.Invalid("name", "hook.most", MostHooks);
            if (hook.Kind == HookKind.Incoming && await TakenAsync(db, conversationId, hook.Name, ct)) return Refusal.Invalid("name", "hook.taken");
            var now = clock.Now();
            var row = new Hook { Id = clock.NewId(), ConversationId = conversationId, Kind = hook.Kind, Name = hook.Name, Secret = kept, CreatedAt = now, CreatedById = actor.PersonId };
            ILivePayload news = new HooksChanged(conversationId);
            if (hook.Kind == HookKind.Incoming)
            {
                var bot = await BotAsync(db, row, now, ct);
                (row.BotId, row.Wakes, news) = (bot.Id, hook.Wakes, new MembersAdded([new Author(bot.Id, bot.Name) { Bot = true }]));
            }
            else
            {
                (row.Address, row.Events, row.Word) = (hook.Address, string.Join(' ', hook.Events.Distinct().Order()), hook.Word);
            }
            db.Hooks.Add(row);
            // Where it leads stands in the trail: what is said here goes there.
            db.Audit(clock, actor, "hook.create", "hook", row.Id, $"{row.Kind} {conversationId} {(row.Address.Length > 0 ? new Uri(row.Address).Host : "")}".TrimEnd());
            await db.SaveChangesAsync(ct);
            return new Change<HookMade>(new HookMade((await RecordsAsync(db, db.Hooks.Where(h => h.Id == row.Id), ct))[0], secret), news);
        }, ct);
        return made;
    }

    /// <summary>Gives it another secret: with the one before nothing is accepted, or signed, any more.</summary>
    public Task<Outcome<HookMade>> RenewAsync(Actor actor, Guid conversationId, Guid id, CancellationToken ct = default) => ChangeAsync<HookMade>(actor, conversationId, async db =>
    {
        if (await StandingAsync(db, conversationId, id, ct) is not { } row) return Refusal.NotFound;
        var (secret, kept) = row.Kind == HookKind.Incoming ? MakeSecret() : sender.MakeSecret();
        (row.Secret, row.RenewedAt) = (kept, clock.Now());
        db.Audit(clock, actor, "hook.renew", "hook", id);
        await db.SaveChangesAsync(ct);
        return new Change<HookMade>(new HookMade((await RecordsAsync(db, db.Hooks.Where(h => h.Id == id), ct))[0], secret), new HooksChanged(conversationId));
    }, ct);

    /// <summary>Ends it at once, with what it had not delivered. Its bot leaves; what the bot wrote stays.</summary>
    public Task<Outcome<bool>> EndAsync(Actor actor, Guid conversationId, Guid id, CancellationToken ct = default) => ChangeAsync<bool>(actor, conversationId, async db =>
    {
        if (await StandingAsync(db, conversationId, id, ct) is not { } row) return Refusal.NotFound;
        var now = clock.Now();
        (row.EndedAt, row.EndedById) = (now, actor.PersonId);
        ILivePayload news = new HooksChanged(conversationId);
        if (row.BotId is { } bot)
        {
            await db.People.Where(p => p.Id == bot).ExecuteUpdateAsync(s => s.SetProperty(p => p.LeftAt, now), ct);
            MemberService.End(await db.ConversationMembers.SingleAsync(m => m.ConversationId == conversationId && m.PersonId == bot, ct), now);
            news = new MemberChange(bot, row.Name) { Bot = true };
        }
        var undelivered = db.HookDeliveries.Where(d => d.HookId == id);
        await db.DueWork.Where(w => undelivered.Any(d => d.WorkId == w.Id)).ExecuteDeleteAsync(ct);
        await undelivered.ExecuteDeleteAsync(ct);
        db.Audit(clock, actor, "hook.end", "hook", id);
        await db.SaveChangesAsync(ct);
        return new Change<bool>(true, news);
    }, ct);

    internal static string Hash(string secret) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));

    // 32 random bytes, as they may stand in an address.
    private static (string Shown, string Kept) MakeSecret()
    {
        var secret = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)).TrimEnd('=').Replace('+', '-').Replace('/', '_');
        return (secret, Hash(secret));
    }

    private Refusal? Check(NewHook hook) =>
        hook.Name.Length is 0 or > MostOfName || hook.Name.Any(char.IsControl) ? Refusal.Invalid("name", "hook.name", MostOfName)
        : hook.Kind == HookKind.Incoming ? null
        : hosts.Allowed.Count == 0 ? Refusal.Invalid("address", "hook.none")
        : hosts.Read(hook.Address) is null ? Refusal.Invalid("address", "hook.address")
        : hook.Events.Count == 0 || hook.Events.Any(e => !Enum.IsDefined(e)) ? Refusal.Invalid("events", "hook.events")
        : hook.Word.Length > MostOfName || hook.Word.Any(c => char.IsControl(c) || char.IsWhiteSpace(c)) ? Refusal.Invalid("word", "hook.word", MostOfName)
        : null;

    // Nobody is to take what a bot writes for somebody's words.
    private static Task<bool> TakenAsync(HubDb db, Guid conversationId, string name, CancellationToken ct)
    {
        var (lower, upper) = (name.ToLowerInvariant(), name.ToUpperInvariant());
        return db.People.AnyAsync(p => p.Kind == ActorKind.Person && p.LeftAt == null && db.Conversations.Any(c => c.Id == conversationId && c.OrganisationId == p.OrganisationId)
            && (p.Name == name || p.Name.ToLower() == lower || p.Name.ToUpper() == upper), ct);
    }

    // Cannot sign in, is found by nobody, and hears of nothing. No address can be one of its: the top-level domain is nobody's (RFC 6761 §6.4).
    private async Task<Person> BotAsync(HubDb db, Hook hook, DateTime now, CancellationToken ct)
    {
        var at = await db.Conversations.Where(c => c.Id == hook.ConversationId).Select(c => new { c.OrganisationId, c.LatestSequence, c.ThreadMessages }).SingleAsync(ct);
        var id = clock.NewId();
        var bot = new Person { Id = id, OrganisationId = at.OrganisationId, Kind = ActorKind.Bot, Name = hook.Name, Email = $"{id:N}@bots.invalid" };
        db.People.Add(bot);
        db.ConversationMembers.Add(new ConversationMember
        {
            // An owner let it in, so it is among those who post where few do.
            ConversationId = hook.ConversationId, PersonId = id, JoinedAt = now, Role = ConversationRole.Member, PosterSince = now, Alerts = MemberAlerts.Nothing,
            ReadSequence = at.LatestSequence, ReadThreadMessages = at.ThreadMessages,
        });
        return bot;
    }

    /// <summary>Changes a channel's webhooks while its row is locked, where it is asked whether the actor owns it.</summary>
    private async Task<Outcome<T>> ChangeAsync<T>(Actor actor, Guid conversationId, Func<HubDb, Task<Outcome<Change<T>>>> change, CancellationToken ct)
    {
        await using var db = await hub.CreateDbContextAsync(ct);
        if (!await db.OwnsAsync(actor, conversationId, ct)) return Refusal.NotFound;
        await using var tx = await db.Database.BeginTransactionAsync(ct);
        var version = await db.AdvanceAsync<Conversation>(conversationId, ct);
        if (!await db.OwnsAsync(actor, conversationId, ct)) return Refusal.NotFound;
        var outcome = await change(db);
        if (outcome.Refusal is { } refusal) return refusal;
        await tx.CommitAsync(ct);
        var name = outcome.Value.News switch { MembersAdded => "members-added", MemberChange => "member-left", _ => "hooks-changed" };
        live.Publish(new LiveEvent(Topic.Conversation(conversationId), version, name, outcome.Value.News));
        return outcome.Value.Done;
    }

    private static Task<Hook?> StandingAsync(HubDb db, Guid conversationId, Guid id, CancellationToken ct) =>
        db.Hooks.FirstOrDefaultAsync(h => h.Id == id && h.ConversationId == conversationId && h.EndedAt == null, ct);

    private static async Task<List<HookRecord>> RecordsAsync(HubDb db, IQueryable<Hook> hooks, CancellationToken ct)
    {
        var rows = await hooks.AsNoTracking().OrderBy(h => h.Id).Select(h => new
        {
            Hook = h, By = h.CreatedBy.Name,
            All = db.HookDeliveries.Count(d => d.HookId == h.Id),
            Dead = db.HookDeliveries.Count(d => d.HookId == h.Id && db.DueWork.Any(w => w.Id == d.WorkId && w.DeadAt != null)),
        }).ToListAsync(ct);
        return rows.ConvertAll(r => new HookRecord(
            r.Hook.Id, r.Hook.Kind, r.Hook.Name, r.Hook.BotId, r.Hook.Wakes, r.Hook.Address, [.. HookDeliveries.Events(r.Hook)], r.Hook.Word,
            new Author(r.Hook.CreatedById, r.By), r.Hook.CreatedAt, r.Hook.RenewedAt, r.Hook.DeliveredAt, r.All - r.Dead, r.Dead));
    }

    private sealed record Change<T>(T Done, ILivePayload News);
}

/// <summary>Who may see and run a channel's webhooks.</summary>
internal static class HookViewing
{
    /// <summary>True while the actor is an owner of the channel.</summary>
    internal static async Task<bool> OwnsAsync(this HubDb db, Actor actor, Guid conversationId, CancellationToken ct) =>
        await db.ChannelAsync(await db.EnterAsync(actor, ct), conversationId, ct) is null && await db.BelowAsync(conversationId, actor.PersonId, ConversationRole.Owner, ct) is null;
}
