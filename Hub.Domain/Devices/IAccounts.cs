using System.Text.Json.Nodes;

namespace Hub.Domain.Devices;

/// <summary>Accounts as Microsoft Graph v1.0 offers them to an application without a signed-in user.</summary>
public interface IAccounts
{
    /// <summary>GET /users/{id} with the properties that fixes read; the id may be the sign-in name (User.Read.All).</summary>
    Task<JsonObject?> GetUserAsync(string id, CancellationToken ct = default);

    /// <summary>
    /// PATCH /users/{id} with passwordProfile.forceChangePasswordNextSignIn = true (User-PasswordProfile.ReadWrite.All). Not
    /// possible for an account that is kept on premises. Repeating does no harm.
    /// </summary>
    /// <exception cref="TenantException">Refused, or no answer.</exception>
    Task RequirePasswordChangeAsync(string id, CancellationToken ct = default);

    /// <summary>POST /users/{id}/revokeSignInSessions (User.RevokeSessions.All). Repeating does no harm.</summary>
    /// <exception cref="TenantException">Refused, or no answer.</exception>
    Task RevokeSignInSessionsAsync(string id, CancellationToken ct = default);
}
