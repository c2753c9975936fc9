using CsCheck;

namespace Hub.Tests.Chat;

/// <summary>Who acts in the properties: three of one body, Sol of another, and Gina, who leaves before it begins.</summary>
internal enum Who { Amara, Jonas, Cole, Sol, Gina }

/// <summary>One thing that somebody does. Places are named after how they came to be: <c>made0</c>, <c>made1</c> …, and <c>Amara:Jonas</c> for a direct one.</summary>
internal abstract record ChatStep(Who By)
{
    /// <summary>False if the place or message that it names was not there yet when it was asked for: an id that nobody has went in its stead.</summary>
    public bool Found { get; init; } = true;

    public static string Pair(Who one, Who other) => one < other ? $"{one}:{other}" : $"{other}:{one}";

    public sealed record Create(Who By, Who? Named) : ChatStep(By);

    public sealed record Open(Who By, Who With) : ChatStep(By);

    public sealed record Join(Who By, string Place) : ChatStep(By);

    public sealed record Leave(Who By, string Place) : ChatStep(By);

    public sealed record Read(Who By, string Place, long Sequence) : ChatStep(By);

    /// <summary>Key: which of the sender's few client ids it carries, so that ids come again with the same text, with other text and elsewhere.</summary>
    public sealed record Post(Who By, string Place, int Key, string Text) : ChatStep(By);

    public sealed record Edit(Who By, Who Author, int Key, int Version, string Text) : ChatStep(By);

    public sealed record Delete(Who By, Who Author, int Key, int Version) : ChatStep(By);

    public sealed record Draft(Who By, string Key, string Text) : ChatStep(By);

    /// <summary>The person leaves the organisation.</summary>
    public sealed record Depart(Who By) : ChatStep(By);
}

/// <summary>Some steps one after the other, then some devices that go on at once, each on the node of its number.</summary>
/// <param name="Cut">While the devices are at it, nodes do not hear of each other.</param>
/// <param name="Held">The first device begins alone and is held before its so-manieth command to the database, where the others come in; null for all at once.</param>
internal sealed record ChatPlan(IReadOnlyList<ChatStep> First, IReadOnlyList<IReadOnlyList<ChatStep>> Devices, bool Cut = false, int? Held = null)
{
    /// <summary>What every plan begins with: a channel of the body, a private one, a direct conversation, and somebody who was in and left.</summary>
    public static readonly IReadOnlyList<ChatStep> Before =
    [
        new ChatStep.Create(Who.Amara, null), new ChatStep.Create(Who.Amara, Who.Jonas), new ChatStep.Open(Who.Amara, Who.Jonas),
        new ChatStep.Join(Who.Gina, "made0"), new ChatStep.Depart(Who.Gina),
    ];

    /// <summary>Every place that a step may name.</summary>
    public static readonly IReadOnlyList<string> Places = ["Amara:Cole", "Amara:Jonas", "Jonas:Cole", "made0", "made1", "made2"];

    private static readonly Gen<string> Text = Gen.Frequency((10, "one"), (10, "two"), (3, new string('x', 250)), (1, ""), (1, "a\0b"));
    private static readonly Gen<int> Version = Gen.Frequency((6, 1), (3, 2), (2, 3), (1, 0));
    private static readonly Gen<Who> Person = Gen.Frequency((6, Who.Amara), (6, Who.Jonas), (4, Who.Cole), (2, Who.Sol), (1, Who.Gina));

    private static readonly Gen<ChatStep> Wide =
        Talk(Person, Gen.Frequency((6, "made0"), (4, "made1"), (4, "Amara:Jonas"), (2, "Amara:Cole"), (1, "Jonas:Cole"), (1, "made2")), Gen.Int[0, 4]);

    // Few people, places and ids, so that what is done at once meets.
    private static readonly Gen<ChatStep> Narrow =
        Talk(Gen.Frequency((6, Who.Amara), (6, Who.Jonas), (1, Who.Cole)), Gen.Frequency((4, "made0"), (4, "made1"), (3, "Amara:Jonas"), (1, "Amara:Cole")), Gen.Int[0, 1]);

    // One person at one place.
    private static readonly Gen<ChatStep[][]> Meeting = Gen.Select(Gen.OneOf(Who.Amara, Who.Jonas), Gen.OneOf("made0", "made1", "Amara:Jonas"))
        .SelectMany((who, place) => Talk(Gen.Const(who), Gen.Const(place), Gen.Const(0)).Array[1, 2].Array[2, 3]);

    public static readonly Gen<ChatPlan> OneAfterTheOther = Gen.Frequency(
        (20, Wide), (1, Gen.Select(Person, Gen.Bool, Person, (who, named, other) => (ChatStep)new ChatStep.Create(who, named ? other : null))))
        .Array[1, 40].Select(steps => new ChatPlan(steps, []));

    public static readonly Gen<ChatPlan> AtOnce = Gen.Frequency(
        (2, Gen.Select(Gen.OneOf(Wide, Narrow).Array[0, 12], Narrow.Array[1, 3].Array[2, 4], Gen.Frequency((3, false), (1, true)), (first, devices, cut) => new ChatPlan(first, devices, cut))),
        (1, Gen.Select(Narrow.Array[0, 4], Meeting, Gen.Int[0, 15], (first, devices, held) => new ChatPlan(first, devices, Held: held))));

    private static Gen<ChatStep> Talk(Gen<Who> person, Gen<string> place, Gen<int> key) => Gen.Frequency(
        (20, Gen.Select(person, place, key, Text, (who, at, id, text) => (ChatStep)new ChatStep.Post(who, at, id, text))),
        (10, Gen.Select(person, Gen.Bool, person, key, Version, Text, (who, own, other, id, version, text) => (ChatStep)new ChatStep.Edit(who, own ? who : other, id, version, text))),
        (6, Gen.Select(person, Gen.Bool, person, key, Version, (who, own, other, id, version) => (ChatStep)new ChatStep.Delete(who, own ? who : other, id, version))),
        (10, Gen.Select(person, place, (who, at) => (ChatStep)new ChatStep.Join(who, at))),
        (6, Gen.Select(person, place, (who, at) => (ChatStep)new ChatStep.Leave(who, at))),
        (8, Gen.Select(person, place, Gen.Int[-1, 6], (who, at, sequence) => (ChatStep)new ChatStep.Read(who, at, sequence))),
        (6, Gen.Select(person, person, (who, with) => (ChatStep)new ChatStep.Open(who, with))),
        (3, Gen.Select(person, place, Text, (who, at, text) => (ChatStep)new ChatStep.Draft(who, at, text))),
        (1, person.Select(who => (ChatStep)new ChatStep.Depart(who))));

    public int Steps => First.Count + Devices.Sum(steps => steps.Count);

    /// <summary>The plan with one step less; they are numbered as they are printed, from 0.</summary>
    public ChatPlan Without(int step)
    {
        if (step < First.Count) return this with { First = Without(First, step) };
        step -= First.Count;
        var d = 0;
        while (step >= Devices[d].Count) step -= Devices[d++].Count;
        return this with { Devices = [.. Devices.Select((steps, n) => n == d ? Without(steps, step) : steps).Where(steps => steps.Count > 0)] };
    }

    public override string ToString() =>
        string.Join('\n', First.Select(s => s.ToString()).Concat(Devices.SelectMany((steps, d) => steps.Select(s => $"  device {d}: {s}")))) + (Cut ? "\n  (nodes cut off from each other)" : "") + (Held is null ? "" : $"\n  (device 0 held before command {Held})");

    private static IReadOnlyList<ChatStep> Without(IReadOnlyList<ChatStep> steps, int i) => [.. steps.Take(i), .. steps.Skip(i + 1)];
}
