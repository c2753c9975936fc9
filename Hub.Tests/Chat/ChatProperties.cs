using System.Diagnostics;
using System.Globalization;
using CsCheck;
using Hub.Domain.Live;
using Hub.Tests.Live;
using Hub.Tests.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace Hub.Tests.Chat;

/// <summary>
/// Whatever people do in the chat, in whatever order and however much at once, it is what a plain model says. With
/// <c>HUB_FAULTS=long</c> a minute each instead of some plans. A failure prints its seed (again: <c>CsCheck_Seed</c>) and the
/// shortest plan found that fails.
/// </summary>
[Trait("Category", "Faults")]
public sealed class ChatProperties
{
    private static readonly bool Long = Environment.GetEnvironmentVariable("HUB_FAULTS") == "long";

    [Theory, Databases]
    public async Task Step_by_step_everything_answers_and_shows_what_the_model_says(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        await HoldsAsync(ChatPlan.OneAfterTheOther, plan => StepByStepAsync(hub, plan), plans: 20, threads: 2, tries: 1);
    }

    [Theory, Databases]
    public async Task At_once_on_two_nodes_everything_is_as_in_some_order_and_whoever_watches_sees_it(string provider)
    {
        var between = new Interference();
        await using var hub = await TestHub.StartAsync(provider, between.AddTo);
        var nodes = new[] { hub.Services, hub.AnotherNode() };
        await using var wire = new NodeWire(nodes[0].GetRequiredService<LiveBus>(), nodes[1].GetRequiredService<LiveBus>());
        await HoldsAsync(ChatPlan.AtOnce, plan => AtOnceAsync(hub, nodes, wire, between, plan), plans: 12, threads: 1, tries: 5);
    }

    /// <summary>What the plans bring about, as the model has it: a plan that never gets there shows nothing.</summary>
    [Theory]
    [InlineData(nameof(ChatPlan.OneAfterTheOther))]
    [InlineData(nameof(ChatPlan.AtOnce))]
    public void Plans_come_to_every_answer(string plans)
    {
        var answers = new HashSet<string>(StringComparer.Ordinal);
        (plans == nameof(ChatPlan.AtOnce) ? ChatPlan.AtOnce : ChatPlan.OneAfterTheOther).Sample(plan =>
        {
            var model = ChatModel.Empty;
            foreach (var step in ChatPlan.Before.Concat(plan.First).Concat(plan.Devices.SelectMany(d => d)))
            {
                (model, var answer) = model.Run(step);
                answers.Add($"{step.GetType().Name} {(answer.StartsWith("refused", StringComparison.Ordinal) || step is ChatStep.Open or ChatStep.Leave ? answer : answer.Split(' ')[0])}");
            }
        }, iter: 10_000, threads: 1);
        string[] every =
        [
            "Open opened, new", "Open opened, was there", "Open refused Invalid chat.people", "Join in", "Join refused NotFound notFound",
            "Leave left True", "Leave left False", "Leave refused Forbidden chat.direct.leave", "Leave refused NotFound notFound",
            "Read read", "Read refused Forbidden chat.join", "Read refused Invalid chat.sequence", "Read refused NotFound notFound",
            "Post posted", "Post again", "Post refused Conflict message.used", "Post refused Forbidden chat.join", "Post refused NotFound notFound", "Post refused Invalid message.empty", "Post refused Invalid text.nul",
            "Edit Amara#0", "Edit refused Stale stale", "Edit refused Forbidden forbidden", "Edit refused Forbidden chat.join", "Edit refused NotFound notFound", "Edit refused Invalid message.empty", "Edit refused Invalid text.nul",
            "Delete Amara#0", "Delete refused Stale stale", "Delete refused Forbidden forbidden", "Delete refused Forbidden chat.join", "Delete refused NotFound notFound",
            "Draft kept", "Draft refused Invalid text.nul", "Draft refused NotFound notFound", "Depart gone",
        ];
        Assert.Empty(every.Except(answers));
    }

    private static async Task<string?> StepByStepAsync(TestHub hub, ChatPlan plan)
    {
        var world = await ChatWorld.StartAsync(hub);
        var model = ChatModel.Empty;
        foreach (var step in ChatPlan.Before.Concat(plan.First))
        {
            var (asked, answer) = await world.RunAsync(hub.Services, step);
            (model, var expected) = model.Run(asked);
            if (answer != expected) return $"{step}\nmodel: {expected}\nhub:   {answer}";
        }
        return Difference(model.Seen(), await world.SeenAsync());
    }

    private static async Task<string?> AtOnceAsync(TestHub hub, ServiceProvider[] nodes, NodeWire wire, Interference between, ChatPlan plan)
    {
        var world = await ChatWorld.StartAsync(hub);
        var model = ChatModel.Empty;
        foreach (var step in ChatPlan.Before.Concat(plan.First)) model = model.Run((await world.RunAsync(hub.Services, step)).Asked).Next;

        var witnesses = new List<(Who Who, string Place, ChatWitness Witness)>();
        var open = world.Places.ToList();
        foreach (var node in nodes)
            foreach (var (who, actor) in world.People)
                foreach (var (name, id) in open)
                    if (await ChatWitness.StartAsync(node, actor, id, world.Row) is { } witness) witnesses.Add((who, name, witness));
        try
        {
            wire.Cut = plan.Cut;
            between.Forget();
            var calls = await CallsAsync(world, nodes, between, plan);
            wire.Cut = false;
            // What was lost on the way is found by two checks running.
            if (plan.Cut) for (var check = 0; check < 2; check++) foreach (var node in nodes) await node.GetRequiredService<LiveBus>().CheckVersionsAsync();

            var seen = await world.SeenAsync();
            if (!InSomeOrder(model, calls, 0, seen, [])) return $"No order of these gives what there is:\n{string.Join('\n', calls.OrderBy(c => c.Began))}\nThere is:\n{seen}";
            foreach (var place in witnesses.GroupBy(w => (w.Who, w.Place)))
                if (await WrongAsync(hub, world, place.Key.Who, place.Key.Place, place.Select(w => w.Witness), plan.Cut) is { } wrong)
                    return $"{place.Key.Who} at {place.Key.Place}: {wrong}\n{string.Join('\n', calls.OrderBy(c => c.Began))}";
            return null;
        }
        finally
        {
            wire.Cut = false;
            foreach (var (_, _, witness) in witnesses) witness.Dispose();
        }
    }

    private static async Task<List<Call>> CallsAsync(ChatWorld world, ServiceProvider[] nodes, Interference between, ChatPlan plan)
    {
        if (plan.Held is not { } held || plan.Devices.Count == 0) return [.. (await Task.WhenAll(plan.Devices.Select((_, d) => DeviceAsync(d)))).SelectMany(done => done)];
        var (others, count) = (new Lazy<Task<List<Call>[]>>(() => Task.WhenAll(plan.Devices.Skip(1).Select((_, d) => DeviceAsync(d + 1)))), 0);
        // What waits for the held one's locks goes on after it: hence at most a moment.
        between.Once(_ => !others.IsValueCreated && Interlocked.Increment(ref count) == held + 1, () => Task.WhenAny(others.Value, Task.Delay(100)));
        var first = await DeviceAsync(0);
        return [.. first, .. (await others.Value).SelectMany(done => done)];

        Task<List<Call>> DeviceAsync(int d) => Task.Run(async () =>
        {
            var done = new List<Call>();
            foreach (var step in plan.Devices[d])
            {
                var began = Stopwatch.GetTimestamp();
                var (asked, answer) = await world.RunAsync(nodes[d % nodes.Length], step);
                done.Add(new Call(d, asked, answer, began, Stopwatch.GetTimestamp()));
            }
            return done;
        });
    }

    // Stale and events is fresh; without a load, if nothing was lost on the way; and whoever may not see it any more is told so.
    private static async Task<string?> WrongAsync(TestHub hub, ChatWorld world, Who who, string place, IEnumerable<ChatWitness> witnesses, bool cut)
    {
        using var fresh = await ChatWitness.StartAsync(hub.Services, world.People[who], world.Places[place], world.Row);
        var wanted = fresh is null ? "ended" : await fresh.ShownAsync(fresh.Version);
        foreach (var witness in witnesses)
        {
            try
            {
                var shown = await witness.ShownAsync(fresh?.Version ?? long.MaxValue);
                if (shown != wanted) return Difference(wanted, shown);
                if (!cut && witness.Loads > 1) return $"loaded {witness.Loads} times";
            }
            catch (TimeoutException)
            {
                return $"stands at v{witness.Version}, and nothing more comes; fresh is\n{wanted}";
            }
        }
        return null;
    }

    /// <summary>A call as it went. What had ended before another began came first.</summary>
    private sealed record Call(int Device, ChatStep Asked, string Answer, long Began, long Ended)
    {
        public override string ToString() => $"  device {Device}: {Asked} → {Answer}";
    }

    // Searches an order, one call after the other; what was found to lead nowhere is not tried again.
    private static bool InSomeOrder(ChatModel model, List<Call> calls, int done, string seen, HashSet<(int, string)> nowhere)
    {
        var now = model.Seen();
        if (done == (1 << calls.Count) - 1) return now == seen;
        if (nowhere.Contains((done, now))) return false;
        bool Left(int i) => (done & (1 << i)) == 0;
        for (var i = 0; i < calls.Count; i++)
        {
            if (!Left(i) || calls.Where((_, j) => Left(j)).Any(other => other.Ended < calls[i].Began)) continue;
            var (next, answer) = model.Run(calls[i].Asked);
            if (Same(answer, calls[i].Answer) && InSomeOrder(next, calls, done | (1 << i), seen, nowhere)) return true;
        }
        nowhere.Add((done, now));
        return false;
    }

    // Who leaves a private conversation on one device while another asks something of it may be told either.
    private static bool Same(string one, string other) => one == other || (Refused(one) && Refused(other));

    private static bool Refused(string answer) => answer is ChatModel.NotFound or ChatModel.NotIn;

    private static string? Difference(string wanted, string got)
    {
        if (wanted == got) return null;
        var (w, g) = (wanted.Split('\n'), got.Split('\n'));
        var at = w.Zip(g).TakeWhile(lines => lines.First == lines.Second).Count();
        return $"line {at + 1}\nmodel: {w.ElementAtOrDefault(at)}\nhub:   {g.ElementAtOrDefault(at)}\nThe hub:\n{got}";
    }

    private static async Task HoldsAsync(Gen<ChatPlan> gen, Func<ChatPlan, Task<string?>> wrong, int plans, int threads, int tries)
    {
        ChatPlan? failed = null;
        var why = "";
        try
        {
            await gen.SampleAsync(async plan =>
            {
                if (await WhyAsync(plan) is not { } reason) return true;
                (failed, why) = (plan, reason);
                return false;
            }, iter: Long ? -1 : plans, time: Long ? 60 : -1, threads: threads, print: plan => plan.ToString());
        }
        catch (CsCheckException e)
        {
            // CsCheck has made it smaller by chance; what can still be left out goes step by step. What happens by chance gets several tries.
            var began = Stopwatch.GetTimestamp();
            for (var shorter = true; shorter;)
            {
                shorter = false;
                for (var step = failed!.Steps - 1; step >= 0 && Stopwatch.GetElapsedTime(began) < TimeSpan.FromMinutes(2); step--)
                {
                    var (less, reason) = (failed.Without(step), (string?)null);
                    for (var i = 0; i < tries && reason is null; i++) reason = await WhyAsync(less);
                    if (reason is not null) (failed, why, shorter) = (less, reason, true);
                }
            }
            Assert.Fail(string.Create(CultureInfo.InvariantCulture, $"{e.Message.Split('\n')[0]}\n\nThe shortest found that fails:\n{failed}\n\n{why}"));
        }

        async Task<string?> WhyAsync(ChatPlan plan)
        {
            try
            {
                return await wrong(plan);
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                return e.ToString();
            }
        }
    }
}
