namespace Hub.Domain.Chat;

/// <summary>A delivery on its way out.</summary>
/// <remarks>
/// Id: The same in every try.
/// At: When it is tried.
/// Secret: What <see cref="IHookSender.MakeSecret"/> made to be kept.
/// Body: JSON.
/// </remarks>
public sealed record HookParcel(Guid Id, DateTime At, Uri Address, string Secret, byte[] Body);

/// <summary>How it ended: null for delivered. With the receiver's status, if it answered.</summary>
public sealed record HookAnswer(HookFailure? Failure, int? Status = null);

/// <summary>What signs and carries the deliveries of outgoing webhooks.</summary>
public interface IHookSender
{
    /// <summary>A new signing secret: as its receiver is shown it, once, and as the hub keeps it.</summary>
    (string Shown, string Kept) MakeSecret();

    /// <summary>Tries once; what the receiver or the network does is an answer, not an exception.</summary>
    Task<HookAnswer> SendAsync(HookParcel parcel, CancellationToken ct);
}

/// <summary>Where nothing may go out.</summary>
internal sealed class NoHookSender : IHookSender
{
    public (string Shown, string Kept) MakeSecret() => throw new InvalidOperationException("No receiver is allowed, so no outgoing webhook is made.");

    public Task<HookAnswer> SendAsync(HookParcel parcel, CancellationToken ct) => Task.FromResult(new HookAnswer(HookFailure.NotAllowed));
}

/// <summary>To which hosts the hub may deliver (<c>Hooks:AllowedHosts</c>): none by default.</summary>
/// <param name="Allowed">Hosts by name, lower case, or <c>*.example.org</c> for all below one.</param>
/// <param name="PlainLoopback">True in Development: a receiver on the machine itself may be reached by http.</param>
public sealed record HookHosts(IReadOnlyList<string> Allowed, bool PlainLoopback = false)
{
    /// <summary>Most characters of a receiver's address.</summary>
    public const int MostCharacters = 500;

    /// <summary>The address, if the hub may deliver there; null if not.</summary>
    public Uri? Read(string address) =>
        address.Length <= MostCharacters && Uri.TryCreate(address, UriKind.Absolute, out var uri) && (uri.Scheme == Uri.UriSchemeHttps || (uri.Scheme == Uri.UriSchemeHttp && PlainLoopback && uri.IsLoopback))
        && uri.UserInfo.Length == 0 && uri.Fragment.Length == 0 && Allows(uri.IdnHost) ? uri : null;

    /// <summary>True if the host stands there by its own name: it may then also be one of a private network.</summary>
    public bool Names(string host) => Allowed.Contains(host.ToLowerInvariant());

    private bool Allows(string host) => Names(host) || Allowed.Any(a => a.StartsWith("*.", StringComparison.Ordinal) && host.EndsWith(a[1..], StringComparison.OrdinalIgnoreCase));
}
