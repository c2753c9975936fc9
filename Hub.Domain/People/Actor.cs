namespace Hub.Domain.People;

/// <summary>What kind of someone a person row is.</summary>
public enum ActorKind { Person, Bot, ServiceAccount }

/// <summary>
/// Who is asking: passed to every service method, never ambient. Holds no roles and no groups; those are read from the
/// database on each call (<see cref="Viewing.EnterAsync"/>), so that a role taken away is gone at once.
/// </summary>
/// <param name="PersonId">The person, bot or service account.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Scopes">What an access token is limited to; null when there is no limit (a browser session).</param>
/// <param name="Address">Network address for the audit trail, when known.</param>
public sealed record Actor(Guid PersonId, ActorKind Kind = ActorKind.Person, IReadOnlySet<string>? Scopes = null, string? Address = null)
{
    /// <summary>True if there is no token limit, or the token carries <paramref name="scope"/> ("chat:write").</summary>
    public bool May(string scope) => Scopes is null || Scopes.Contains(scope);
}
