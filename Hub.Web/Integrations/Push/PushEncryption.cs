using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Hub.Web.Integrations.Push;

/// <summary>Encrypts what only the subscribed browser can read: RFC 8291, in one record of the content coding aes128gcm (RFC 8188).</summary>
internal static class PushEncryption
{
    private const int SaltLength = 16, TagLength = 16, RecordSize = 4096;
    private const int HeaderLength = SaltLength + sizeof(int) + 1 + P256.Length;

    /// <summary>Bytes of a text at most: a push service takes 4096 of a body at least (RFC 8030 §7.2).</summary>
    public const int Most = 4096 - HeaderLength - TagLength - 1;

    /// <summary>With a key and a salt of its own, as every message has to have.</summary>
    /// <exception cref="CryptographicException">The browser's key is no point of P-256.</exception>
    public static byte[] Encrypt(ReadOnlySpan<byte> text, byte[] browser, byte[] secret)
    {
        using var own = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        return Encrypt(text, browser, secret, own, RandomNumberGenerator.GetBytes(SaltLength));
    }

    /// <summary>With a key and a salt that are given.</summary>
    internal static byte[] Encrypt(ReadOnlySpan<byte> text, byte[] browser, byte[] secret, ECDiffieHellman own, byte[] salt)
    {
        if (text.Length > Most) throw new ArgumentOutOfRangeException(nameof(text));
        var sender = P256.Write(own.ExportParameters(false).Q);
        using var receiver = ECDiffieHellman.Create(P256.Read(browser));
        var shared = own.DeriveRawSecretAgreement(receiver.PublicKey);
        // RFC 8291 §3.4.
        var key = HKDF.DeriveKey(HashAlgorithmName.SHA256, shared, 32, secret, [.. "WebPush: info\0"u8, .. browser, .. sender]);
        var content = HKDF.DeriveKey(HashAlgorithmName.SHA256, key, 16, salt, [.. "Content-Encoding: aes128gcm\0"u8]);
        var nonce = HKDF.DeriveKey(HashAlgorithmName.SHA256, key, 12, salt, [.. "Content-Encoding: nonce\0"u8]);
        // RFC 8188 §2.1: salt, size of a record, the sender's key; then the only record, which ends with 2 as the last one does.
        var body = new byte[HeaderLength + text.Length + 1 + TagLength];
        salt.CopyTo(body, 0);
        BinaryPrimitives.WriteInt32BigEndian(body.AsSpan(SaltLength), RecordSize);
        body[SaltLength + sizeof(int)] = P256.Length;
        sender.CopyTo(body, SaltLength + sizeof(int) + 1);
        using var aes = new AesGcm(content, TagLength);
        aes.Encrypt(nonce, [.. text, 2], body.AsSpan(HeaderLength, text.Length + 1), body.AsSpan(HeaderLength + text.Length + 1));
        return body;
    }
}
