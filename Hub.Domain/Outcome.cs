namespace Hub.Domain;

/// <summary>Why a service refused; each kind is one HTTP status in API.md.</summary>
public enum RefusalKind
{
    /// <summary>It does not exist for this actor: 404.</summary>
    NotFound,
    /// <summary>Visible, but not allowed: 403.</summary>
    Forbidden,
    /// <summary>Somebody else was first; <see cref="Refusal.Current"/> holds what stands now: 409.</summary>
    Stale,
    /// <summary>The same id or key was used for something else: 409.</summary>
    Conflict,
    /// <summary>The input breaks a rule; <see cref="Refusal.Fields"/> names the fields: 422.</summary>
    Invalid,
    /// <summary>It has more bytes than may be: 413.</summary>
    TooLarge,
    /// <summary>What is needed for it does not answer; the same again later may succeed: 503.</summary>
    Away,
}

/// <summary>
/// An expected failure. <paramref name="Code"/> is a key of the web's resources ("Refusal.{Code}"), never text for people.
/// </summary>
/// <param name="Kind">What kind of refusal.</param>
/// <param name="Code">Resource key without its prefix, for example <c>message.tooLong</c>.</param>
/// <param name="Args">Values for the text's placeholders.</param>
public sealed record Refusal(RefusalKind Kind, string Code, params object[] Args)
{
    /// <summary>Field name in camelCase → code of what is wrong with it.</summary>
    public IReadOnlyDictionary<string, string> Fields { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>What stands now, for <see cref="RefusalKind.Stale"/>.</summary>
    public object? Current { get; init; }

    public static readonly Refusal NotFound = new(RefusalKind.NotFound, "notFound");
    public static readonly Refusal Forbidden = new(RefusalKind.Forbidden, "forbidden");

    public static Refusal Stale(object current) => new(RefusalKind.Stale, "stale") { Current = current };

    public static Refusal Conflict(string code) => new(RefusalKind.Conflict, code);

    public static Refusal Invalid(string field, string code, params object[] args) =>
        new(RefusalKind.Invalid, code, args) { Fields = new Dictionary<string, string>(StringComparer.Ordinal) { [field] = code } };
}

/// <summary>What a service method gives: a value, or a <see cref="Domain.Refusal"/>. Expected failures are results, not exceptions.</summary>
public readonly record struct Outcome<T>
{
    private readonly T? value;

    private Outcome(T? value, Refusal? refusal) => (this.value, Refusal) = (value, refusal);

    public Refusal? Refusal { get; }

    public bool Ok => Refusal is null;

    /// <exception cref="InvalidOperationException">The outcome is a refusal.</exception>
    public T Value => Refusal is null ? value! : throw new InvalidOperationException($"Refused: {Refusal.Kind} {Refusal.Code}");

    public static implicit operator Outcome<T>(T value) => new(value, null);

    public static implicit operator Outcome<T>(Refusal refusal) => new(default, refusal);
}

/// <summary>A method that the hub itself calls (timers, seeds, sign-in): it takes no actor, and says so.</summary>
[AttributeUsage(AttributeTargets.Method | AttributeTargets.Class)]
public sealed class SystemWorkAttribute : Attribute;

/// <summary>A page of a list: <paramref name="Next"/> is the cursor for <c>?after=</c>, null at the end.</summary>
public sealed record Page<T>(IReadOnlyList<T> Items, string? Next);
