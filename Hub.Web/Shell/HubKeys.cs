using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Hub.Domain;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.Extensions.Options;

namespace Hub.Web.Shell;

/// <summary>
/// Data Protection, with its keys in the database, encrypted by the certificate of <c>Keys:Certificate</c> (a PKCS #12 file; its
/// password is <c>Keys:CertificatePassword</c>) where one is configured. Keys that were encrypted by an earlier one are read with
/// those of <c>Keys:OldCertificates:0:Certificate</c>, <c>Keys:OldCertificates:0:CertificatePassword</c>, …
/// </summary>
internal static class HubKeys
{
    /// <exception cref="SettingsException">A certificate is not there, does not open, or cannot encrypt keys.</exception>
    public static void AddHubKeys(this IServiceCollection services, IConfiguration configuration)
    {
        var keys = services.AddDataProtection().SetApplicationName("HubPortal");
        services.AddSingleton<IConfigureOptions<KeyManagementOptions>, StoredKeys>();
        if (Certificate(configuration.GetSection("Keys")) is { } certificate) keys.ProtectKeysWithCertificate(certificate);
        var old = configuration.GetSection("Keys:OldCertificates").GetChildren().Select(Certificate).OfType<X509Certificate2>().ToArray();
        if (old.Length > 0) keys.UnprotectKeysWithAnyCertificate(old);
    }

    /// <summary>The certificate that a section names by <c>Certificate</c> and <c>CertificatePassword</c>; null when it names none.</summary>
    /// <exception cref="SettingsException">It is not there, does not open, or has no private RSA key.</exception>
    public static X509Certificate2? Certificate(IConfigurationSection section)
    {
        if (section["Certificate"] is not { Length: > 0 } file) return null;
        if (!File.Exists(file)) throw new SettingsException($"{section.Path}:Certificate is {file}, which is not there.");
        X509Certificate2 certificate;
        try
        {
            certificate = X509CertificateLoader.LoadPkcs12FromFile(file, section["CertificatePassword"]);
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new SettingsException($"{section.Path}:Certificate is {file}, which cannot be opened: it has to be a PKCS #12 file (.pfx) that the hub may read, with {section.Path}:CertificatePassword as its password.", e);
        }
        using var key = certificate.GetRSAPrivateKey();
        return key is not null ? certificate : throw new SettingsException($"{section.Path}:Certificate is {file}, which has no private RSA key: keys could not be encrypted with it and read again.");
    }
}
