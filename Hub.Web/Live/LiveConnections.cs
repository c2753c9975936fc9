using System.Collections.Concurrent;
using System.Security.Claims;
using Hub.Domain.People;
using Hub.Web.SignIn;
using Microsoft.AspNetCore.SignalR;

namespace Hub.Web.Live;

/// <summary>
/// Connections to /hubs/live on this node. They were let in when they began; here it is asked again whether their people
/// are still active and their tokens alive, and those that are not are ended.
/// </summary>
public sealed class LiveConnections(PeopleService people, AccessTokenService tokens)
{
    private const int Part = 500;
    private readonly ConcurrentDictionary<string, HubCallerContext> open = new(StringComparer.Ordinal);

    /// <summary>How many are open.</summary>
    public int Count => open.Count;

    public void Add(HubCallerContext connection) => open[connection.ConnectionId] = connection;

    public void Remove(HubCallerContext connection) => open.TryRemove(connection.ConnectionId, out _);

    /// <summary>Asks for all of them: two queries for every 500. Run every <c>Live:CheckSeconds</c>.</summary>
    public async Task CheckAsync(CancellationToken ct = default)
    {
        foreach (var part in open.Values.Select(c => (Connection: c, Person: c.User!.ToActor().PersonId, Token: Token(c.User!))).Chunk(Part))
        {
            var active = await people.ActiveAsync([.. part.Select(p => p.Person).Distinct()], ct);
            var alive = await tokens.AliveAsync([.. part.Where(p => p.Token is not null).Select(p => p.Token!.Value).Distinct()], ct);
            foreach (var (connection, person, token) in part)
                if (!active.Contains(person) || (token is { } id && !alive.Contains(id))) connection.Abort();
        }
    }

    private static Guid? Token(ClaimsPrincipal user) => user.FindFirstValue(ActorClaims.Token) is { } id ? Guid.Parse(id) : null;
}
