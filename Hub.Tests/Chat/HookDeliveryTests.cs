using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Hub.Domain;
using Hub.Domain.Chat;
using Hub.Domain.People;
using Hub.Domain.Storage;
using Hub.Tests.Api;
using Hub.Tests.Storage;
using Microsoft.AspNetCore.Http;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Hub.Tests.Chat;

/// <summary>Outgoing webhooks, to a receiver on loopback: signed, tried again, given up in sight, sent again.</summary>
public sealed class HookDeliveryTests
{
    private static readonly HookEvent[] All = Enum.GetValues<HookEvent>();

    [Theory, Databases]
    public async Task What_people_say_is_delivered_signed_and_what_is_marked_or_gone_does_not_leave(string provider)
    {
        await using var receiver = await Receiver.StartAsync();
        await using var hub = await TestHub.StartAsync(provider, Receiver.Allow);
        var (hooks, messages, channels) = (hub.Get<HookService>(), hub.Get<MessageService>(), hub.Get<ChannelService>());
        var channel = (await hub.Get<ChatService>().CreateChannelAsync(hub.Amara, new NewChannel("told"))).Value.Id;
        Assert.Equal("hook.address", (await hooks.CreateAsync(hub.Amara, channel, Hook("http://127.0.0.2/x"))).Refusal!.Code);
        Assert.Equal("hook.events", (await hooks.CreateAsync(hub.Amara, channel, Hook(receiver.Address) with { Events = [] })).Refusal!.Code);
        Assert.Equal("hook.word", (await hooks.CreateAsync(hub.Amara, channel, Hook(receiver.Address) with { Word = "two words" })).Refusal!.Code);
        var made = (await hooks.CreateAsync(hub.Amara, channel, Hook(receiver.Address))).Value;
        Assert.StartsWith("whsec_", made.Secret, StringComparison.Ordinal);
        await using (var db = await hub.Hub.CreateDbContextAsync()) Assert.DoesNotContain(made.Secret["whsec_".Length..], await db.Hooks.Select(h => h.Secret).SingleAsync(), StringComparison.Ordinal);

        var said = (await messages.PostAsync(hub.Amara, channel, Guid.NewGuid(), "The *gate* is open")).Value.Message;
        await WorkAsync(hub);
        var first = Assert.Single(receiver.Got);
        Assert.Equal("application/json", first.ContentType);
        // By the receiver's own reckoning.
        var signed = HMACSHA256.HashData(Convert.FromBase64String(made.Secret["whsec_".Length..]), Encoding.UTF8.GetBytes($"{first.Id}.{first.Time}.{Encoding.UTF8.GetString(first.Body)}"));
        Assert.Equal("v1," + Convert.ToBase64String(signed), first.Signature);
        Assert.InRange(first.Time, new DateTimeOffset(hub.Clock.Now()).ToUnixTimeSeconds() - 60, new DateTimeOffset(hub.Clock.Now()).ToUnixTimeSeconds());
        var body = JsonDocument.Parse(first.Body).RootElement;
        var (conversation, message) = (body.GetProperty("data").GetProperty("conversation"), body.GetProperty("data").GetProperty("message"));
        Assert.Equal(("message.posted", "told", "The *gate* is open", "Amara Osei", said.Id.ToString(), 1L), (body.Text("type"), conversation.Text("name"), message.Text("text"), message.GetProperty("author").Text("name"), message.Text("id"), message.GetProperty("sequence").GetInt64()));

        // Edited, and deleted before the edit is on its way: the text stays here.
        await messages.EditAsync(hub.Amara, said.Id, "The gate was open", 1);
        await messages.DeleteAsync(hub.Amara, said.Id, 2);
        await WorkAsync(hub);
        var (edited, deleted) = (At(receiver, "message.edited"), At(receiver, "message.deleted"));
        Assert.Equal((JsonValueKind.Null, JsonValueKind.Null, JsonValueKind.String), (edited.GetProperty("text").ValueKind, deleted.GetProperty("text").ValueKind, deleted.GetProperty("deletedAt").ValueKind));
        Assert.DoesNotContain("gate was", string.Concat(receiver.Got.Select(g => Encoding.UTF8.GetString(g.Body))), StringComparison.Ordinal);

        // Of a marked conversation ids alone, from the moment on in which it is marked.
        receiver.Got.Clear();
        await messages.PostAsync(hub.Amara, channel, Guid.NewGuid(), "Jabberwocky");
        await channels.MarkAsync(hub.Amara, channel, "OFFICIAL-SENSITIVE");
        await WorkAsync(hub);
        var marked = JsonDocument.Parse(Assert.Single(receiver.Got).Body).RootElement.GetProperty("data");
        Assert.True(marked.GetProperty("conversation").GetProperty("marked").GetBoolean());
        Assert.DoesNotMatch("Jabberwocky|Amara|told", marked.GetRawText());
        await channels.MarkAsync(hub.Amara, channel, null);

        // Nothing of what bots say, of what does not begin with the word, of what was not asked for, or of another channel.
        await hooks.EndAsync(hub.Amara, channel, made.Hook.Id);
        Assert.True((await hooks.CreateAsync(hub.Amara, channel, Hook(receiver.Address) with { Word = "deploy", Events = [HookEvent.Deleted, HookEvent.Posted] })).Ok);
        var bot = (await hooks.CreateAsync(hub.Amara, channel, new NewHook(HookKind.Incoming, "bot"))).Value.Hook.BotId!.Value;
        receiver.Got.Clear();
        await messages.PostAsync(new Actor(bot, ActorKind.Bot), channel, Guid.NewGuid(), "deploy this");
        await messages.PostAsync(hub.Amara, channel, Guid.NewGuid(), "deployment is nice");
        await messages.PostAsync(hub.Amara, (await hub.Get<ChatService>().CreateChannelAsync(hub.Amara, new NewChannel("other"))).Value.Id, Guid.NewGuid(), "deploy there");
        var asked = (await messages.PostAsync(hub.Amara, channel, Guid.NewGuid(), "Deploy the hub")).Value.Message.Id;
        await messages.EditAsync(hub.Amara, asked, "deploy the portal", 1);
        await messages.DeleteAsync(hub.Amara, asked, 2);
        await WorkAsync(hub);
        Assert.Equal(["message.deleted", "message.posted"], receiver.Got.Select(g => JsonDocument.Parse(g.Body).RootElement.Text("type")).Order());
        await using var after = await hub.Hub.CreateDbContextAsync();
        Assert.False(await after.HookDeliveries.AnyAsync() || await after.DueWork.AnyAsync(w => w.Kind == HookDeliveries.Work));
    }

    [Theory, Databases]
    public async Task What_is_refused_is_tried_again_given_up_in_sight_and_sent_again_with_the_same_id(string provider)
    {
        await using var receiver = await Receiver.StartAsync();
        await using var hub = await TestHub.StartAsync(provider, Receiver.Allow);
        var (hooks, letters, worker) = (hub.Get<HookService>(), hub.Get<HookLetters>(), hub.Get<DueWorker>());
        var channel = (await hub.Get<ChatService>().CreateChannelAsync(hub.Amara, new NewChannel("told"))).Value.Id;
        var hook = (await hooks.CreateAsync(hub.Amara, channel, Hook(receiver.Address))).Value.Hook.Id;
        receiver.Status = StatusCodes.Status503ServiceUnavailable;
        foreach (var text in new[] { "one", "two", "three" }) await hub.Get<MessageService>().PostAsync(hub.Amara, channel, Guid.NewGuid(), text);
        await WorkAsync(hub);
        Assert.Equal((3, 3, 0), (receiver.Got.Count, (await HookAsync()).Waiting, (await HookAsync()).Dead));
        Assert.Empty((await letters.ListAsync(hub.Amara, channel, hook)).Value.Items);
        // Not before its pause is over.
        await WorkAsync(hub);
        Assert.Equal(3, receiver.Got.Count);
        receiver.Status = StatusCodes.Status302Found;
        for (var tries = 1; tries < DueWorker.MostAttempts; tries++)
        {
            hub.Clock.Advance(DueWorker.Pause(tries));
            await WorkAsync(hub);
        }
        Assert.Equal((0, 3), ((await HookAsync()).Waiting, (await HookAsync()).Dead));
        var dead = (await letters.ListAsync(hub.Amara, channel, hook)).Value.Items;
        Assert.All(dead, l => Assert.Equal((DueWorker.MostAttempts, HookFailure.Redirected, 302, HookEvent.Posted), (l.Tries, l.Failure, l.Status, l.Event)));
        Assert.Equal(3 * DueWorker.MostAttempts, receiver.Got.Count);
        Assert.Equal(3, receiver.Got.Select(g => g.Id).Distinct().Count());
        Assert.Equal(2, (await letters.ListAsync(hub.Amara, channel, hook, dead[0].Id.ToString())).Value.Items.Count);

        // One again, one discarded, and then the rest.
        receiver.Got.Clear();
        receiver.Status = StatusCodes.Status200OK;
        Assert.Equal(RefusalKind.NotFound, (await letters.RepeatAsync(hub.Amara, channel, hook, Guid.NewGuid())).Refusal?.Kind);
        Assert.Equal(1, (await letters.RepeatAsync(hub.Amara, channel, hook, dead[1].Id)).Value);
        Assert.Equal(RefusalKind.NotFound, (await letters.RepeatAsync(hub.Amara, channel, hook, dead[1].Id)).Refusal?.Kind);
        Assert.True((await letters.DiscardAsync(hub.Amara, channel, hook, dead[0].Id)).Ok);
        await WorkAsync(hub);
        await WorkAsync(hub);
        Assert.Equal(dead[1].Id.ToString(), Assert.Single(receiver.Got).Id);
        Assert.NotNull((await HookAsync()).DeliveredAt);
        Assert.Equal(1, (await letters.RepeatAsync(hub.Amara, channel, hook)).Value);
        Assert.Equal(0, (await letters.RepeatAsync(hub.Amara, channel, hook)).Value);
        await WorkAsync(hub);
        Assert.Equal([dead[1].Id.ToString(), dead[2].Id.ToString()], receiver.Got.Select(g => g.Id));
        Assert.Equal((0, 0), ((await HookAsync()).Waiting, (await HookAsync()).Dead));

        // What had not gone out goes with the webhook.
        receiver.Status = StatusCodes.Status500InternalServerError;
        await hub.Get<MessageService>().PostAsync(hub.Amara, channel, Guid.NewGuid(), "four");
        await WorkAsync(hub);
        await hooks.EndAsync(hub.Amara, channel, hook);
        await using var db = await hub.Hub.CreateDbContextAsync();
        Assert.False(await db.HookDeliveries.AnyAsync() || await db.DueWork.AnyAsync(w => w.Kind == HookDeliveries.Work));
        Assert.Equal(["hook.create", "hook.discard", "hook.end", "hook.repeat", "hook.repeat", "hook.repeat"], await db.AuditEntries.Where(a => a.SubjectKind == "hook").Select(a => a.Action).Order().ToListAsync());

        async Task<HookRecord> HookAsync() => (await hooks.ListAsync(hub.Amara, channel)).Value.Items.Single();
    }

    [Theory, Databases]
    public async Task Whenever_the_node_dies_that_delivers_it_arrives_and_is_ended_once(string provider)
    {
        await using var receiver = await Receiver.StartAsync();
        await using var hub = await TestHub.StartAsync(provider, s =>
        {
            Holder.AddTo(s);
            Receiver.Allow(s);
        });
        var (holder, node, other) = (hub.Get<Holder>(), hub.Get<DueWorker>(), hub.AnotherNode().GetRequiredService<DueWorker>());
        var channel = (await hub.Get<ChatService>().CreateChannelAsync(hub.Amara, new NewChannel("told"))).Value.Id;
        await hub.Get<HookService>().CreateAsync(hub.Amara, channel, Hook(receiver.Address));
        var died = 0;
        for (var lives = true; lives; died++)
        {
            Assert.True(died < 100, "The node dies at every step and never gets through.");
            receiver.Got.Clear();
            Assert.True((await hub.Get<MessageService>().PostAsync(hub.Amara, channel, Guid.NewGuid(), $"round {died}")).Ok);
            holder.DiesAt(died);
            await holder.LiveAsync(() => node.WorkAsync(HookDeliveries.Work));
            lives = holder.Dead;
            holder.DiesAt(int.MaxValue);
            hub.Clock.Advance(DueWorker.Lease + TimeSpan.FromSeconds(1));
            await other.WorkAsync(HookDeliveries.Work);
            // At least once, and known by its id as the same.
            Assert.InRange(receiver.Got.Count, 1, 2);
            Assert.Single(receiver.Got.Select(g => g.Id).Distinct());
            await using var db = await hub.Hub.CreateDbContextAsync();
            Assert.False(await db.HookDeliveries.AnyAsync() || await db.DueWork.AnyAsync(w => w.Kind == HookDeliveries.Work));
        }
        Assert.InRange(died, 8, 60);
    }

    [Theory, Databases]
    public async Task An_edit_away_from_the_word_is_told_of_without_the_text(string provider)
    {
        await using var receiver = await Receiver.StartAsync();
        await using var hub = await TestHub.StartAsync(provider, Receiver.Allow);
        var messages = hub.Get<MessageService>();
        var channel = (await hub.Get<ChatService>().CreateChannelAsync(hub.Amara, new NewChannel("told"))).Value.Id;
        Assert.True((await hub.Get<HookService>().CreateAsync(hub.Amara, channel, Hook(receiver.Address) with { Word = "deploy" })).Ok);
        var said = (await messages.PostAsync(hub.Amara, channel, Guid.NewGuid(), "deploy now")).Value.Message.Id;
        // Edited away before it is on its way, and to the word again after.
        await messages.EditAsync(hub.Amara, said, "private Jabberwocky", 1);
        await WorkAsync(hub);
        Assert.Equal((JsonValueKind.Null, JsonValueKind.Null), (At(receiver, "message.posted").GetProperty("text").ValueKind, At(receiver, "message.edited").GetProperty("text").ValueKind));
        Assert.DoesNotContain("Jabberwocky", string.Concat(receiver.Got.Select(g => Encoding.UTF8.GetString(g.Body))), StringComparison.Ordinal);
        receiver.Got.Clear();
        await messages.EditAsync(hub.Amara, said, "deploy then", 2);
        await WorkAsync(hub);
        Assert.Equal("deploy then", At(receiver, "message.edited").Text("text"));
    }

    [Theory, Databases]
    public async Task A_receiver_that_did_not_answer_is_left_alone_for_a_minute(string provider)
    {
        await using var receiver = await Receiver.StartAsync();
        await using var hub = await TestHub.StartAsync(provider, Receiver.Allow);
        var channel = (await hub.Get<ChatService>().CreateChannelAsync(hub.Amara, new NewChannel("told"))).Value.Id;
        Assert.True((await hub.Get<HookService>().CreateAsync(hub.Amara, channel, Hook(receiver.Address))).Ok);
        receiver.Status = StatusCodes.Status503ServiceUnavailable;
        await hub.Get<MessageService>().PostAsync(hub.Amara, channel, Guid.NewGuid(), "one");
        await WorkAsync(hub);
        await using (var db = await hub.Hub.CreateDbContextAsync()) await db.HookDeliveries.ExecuteUpdateAsync(s => s.SetProperty(d => d.Failure, HookFailure.TimedOut));
        receiver.Got.Clear();
        receiver.Status = StatusCodes.Status204NoContent;
        await hub.Get<MessageService>().PostAsync(hub.Amara, channel, Guid.NewGuid(), "two");
        await WorkAsync(hub);
        Assert.Empty(receiver.Got);
        // The one that hung is itself tried again, and then the other.
        hub.Clock.Advance(TimeSpan.FromSeconds(61));
        await WorkAsync(hub);
        Assert.Equal(2, receiver.Got.Count);
    }

    [Theory, Databases]
    public async Task Dead_letters_are_discarded_together_and_after_thirty_days_by_themselves(string provider)
    {
        await using var receiver = await Receiver.StartAsync();
        await using var hub = await TestHub.StartAsync(provider, Receiver.Allow);
        var letters = hub.Get<HookLetters>();
        var channel = (await hub.Get<ChatService>().CreateChannelAsync(hub.Amara, new NewChannel("told"))).Value.Id;
        var hook = (await hub.Get<HookService>().CreateAsync(hub.Amara, channel, Hook(receiver.Address))).Value.Hook.Id;
        await DieAsync(2);
        await hub.Get<MessageService>().PostAsync(hub.Amara, channel, Guid.NewGuid(), "waits");
        Assert.Equal(2, (await letters.DiscardAsync(hub.Amara, channel, hook)).Value);
        Assert.Equal(1, await LeftAsync());
        await WorkAsync(hub);
        await DieAsync(1);
        hub.Clock.Advance(HookRetention.Kept - TimeSpan.FromDays(1));
        await hub.Get<DueWorker>().PlanAsync();
        await hub.Get<DueWorker>().WorkAsync("chat.hooks.dead");
        Assert.Equal(1, await LeftAsync());
        hub.Clock.Advance(TimeSpan.FromDays(2));
        await hub.Get<DueWorker>().WorkAsync("chat.hooks.dead");
        Assert.Equal(0, await LeftAsync());

        async Task DieAsync(int count)
        {
            for (var i = 0; i < count; i++) await hub.Get<MessageService>().PostAsync(hub.Amara, channel, Guid.NewGuid(), $"{i}");
            await using var db = await hub.Hub.CreateDbContextAsync();
            var now = hub.Clock.Now();
            await db.DueWork.Where(w => w.Kind == HookDeliveries.Work).ExecuteUpdateAsync(s => s.SetProperty(w => w.DeadAt, now));
        }

        async Task<int> LeftAsync()
        {
            await using var db = await hub.Hub.CreateDbContextAsync();
            Assert.Equal(await db.HookDeliveries.CountAsync(), await db.DueWork.CountAsync(w => w.Kind == HookDeliveries.Work));
            return await db.HookDeliveries.CountAsync();
        }
    }

    private static NewHook Hook(string address) => new(HookKind.Outgoing, "SIEM") { Address = address, Events = All };

    private static Task<int> WorkAsync(TestHub hub) => hub.Get<DueWorker>().WorkAsync(HookDeliveries.Work);

    private static JsonElement At(Receiver receiver, string type) =>
        receiver.Got.Select(g => JsonDocument.Parse(g.Body).RootElement).Single(b => b.Text("type") == type).GetProperty("data").GetProperty("message");
}
