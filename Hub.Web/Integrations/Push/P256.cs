using System.Security.Cryptography;

namespace Hub.Web.Integrations.Push;

/// <summary>Points of P-256 as Web Push writes them: uncompressed, 65 bytes (SEC 1 §2.3.3).</summary>
internal static class P256
{
    public const int Length = 65;

    /// <exception cref="CryptographicException">It is no such point.</exception>
    public static ECParameters Read(ReadOnlySpan<byte> point) => point.Length == Length && point[0] == 4
        ? new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = new ECPoint { X = point[1..33].ToArray(), Y = point[33..].ToArray() } }
        : throw new CryptographicException("No uncompressed point of P-256.");

    public static byte[] Write(ECPoint point) => [4, .. point.X!, .. point.Y!];
}
