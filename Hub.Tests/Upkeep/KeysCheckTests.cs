using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Hub.Domain;
using Hub.Domain.Storage;
using Hub.Tests.Storage;
using Hub.Web.Shell;
using Hub.Web.Upkeep;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Hub.Tests.Upkeep;

/// <summary>The keys of sessions, bare and encrypted by certificates, as a node uses them and as <c>check</c> tells of them.</summary>
public sealed class KeysCheckTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("hub-keys-").FullName;

    [Theory, Databases]
    public async Task Encrypted_by_a_certificate_they_are_read_with_it_and_after_it_has_changed(string provider)
    {
        await using var hub = await TestHub.StartAsync(provider);
        var (first, second) = (Certificate("first", 400), Certificate("second", 400));
        Assert.Contains("none yet", Assert.Single(await LookAsync(hub)).Said, StringComparison.Ordinal);

        var session = await SaidAsync(hub, p => p.Protect("amara"), ("Keys:Certificate", first), ("Keys:CertificatePassword", "quokka"));
        await using (var db = await hub.Hub.CreateDbContextAsync())
        {
            var key = Assert.Single(await db.ProtectionKeys.ToListAsync());
            Assert.Contains("EncryptedData", key.Xml, StringComparison.Ordinal);
            Assert.DoesNotContain("<value>", key.Xml, StringComparison.Ordinal);
        }
        Assert.Equal("amara", await SaidAsync(hub, p => p.Unprotect(session), ("Keys:Certificate", first), ("Keys:CertificatePassword", "quokka")));
        Assert.All(await LookAsync(hub, ("Keys:Certificate", first), ("Keys:CertificatePassword", "quokka")), f => Assert.Equal(Verdict.Ok, f.Verdict));

        // A new certificate without the old: sessions would end. With it they go on.
        (string, string)[] changed = [("Keys:Certificate", second), ("Keys:CertificatePassword", "quokka")];
        (string, string)[] kept = [.. changed, ("Keys:OldCertificates:0:Certificate", first), ("Keys:OldCertificates:0:CertificatePassword", "quokka")];
        Assert.Contains("cannot read 1 of 1", Assert.Single(await LookAsync(hub, changed), Look.Wrong).Said, StringComparison.Ordinal);
        Assert.Contains("cannot read 1 of 1", Assert.Single(await LookAsync(hub), Look.Wrong).Said, StringComparison.Ordinal);
        Assert.DoesNotContain(await LookAsync(hub, kept), Look.Wrong);
        Assert.Equal("amara", await SaidAsync(hub, p => p.Unprotect(session), kept));
    }

    [Fact]
    public async Task Bare_ones_are_told_and_stay_so_after_a_certificate_has_come()
    {
        await using var hub = await TestHub.StartAsync("Sqlite");
        await SaidAsync(hub, p => p.Protect("amara"));
        var bare = Assert.Single(await LookAsync(hub), f => f.What == "keys at rest");
        Assert.Equal((Verdict.Warning, true), (bare.Verdict, bare.Said.Contains("Keys:Certificate", StringComparison.Ordinal)));
        var after = Assert.Single(await LookAsync(hub, ("Keys:Certificate", Certificate("new", 400)), ("Keys:CertificatePassword", "quokka")), f => f.What == "keys at rest");
        Assert.Equal((Verdict.Warning, true), (after.Verdict, after.Said.Contains("before there was a certificate", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(-1, "ended on")]
    [InlineData(20, "ends on")]
    public async Task A_certificate_that_ends_is_told_and_still_used(int days, string said)
    {
        await using var hub = await TestHub.StartAsync("Sqlite");
        (string, string)[] settings = [("Keys:Certificate", Certificate("ending", days)), ("Keys:CertificatePassword", "quokka")];
        var session = await SaidAsync(hub, p => p.Protect("amara"), settings);
        Assert.Equal("amara", await SaidAsync(hub, p => p.Unprotect(session), settings));
        var found = await LookAsync(hub, settings);
        Assert.Contains(said, Assert.Single(found, f => f.Verdict == Verdict.Warning).Said, StringComparison.Ordinal);
        Assert.DoesNotContain(found, Look.Wrong);
    }

    [Fact]
    public void A_certificate_that_is_not_there_does_not_open_or_cannot_encrypt_stops_the_start_and_says_which()
    {
        foreach (var (file, password, why) in new[] { (Path.Combine(folder, "nowhere.pfx"), "quokka", "not there"), (Certificate("shut", 400), "wombat", "Keys:CertificatePassword"), (Elliptic(), "quokka", "no private RSA key") })
        {
            var settings = Look.At(("Keys:Certificate", file), ("Keys:CertificatePassword", password)).Settings;
            var refused = Assert.Throws<SettingsException>(() => new ServiceCollection().AddHubKeys(settings));
            Assert.Contains(file, refused.Message, StringComparison.Ordinal);
            Assert.Contains(why, refused.Message, StringComparison.Ordinal);
        }
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private static async Task<IReadOnlyList<Finding>> LookAsync(TestHub hub, params (string, string)[] settings) => await Look.RunAsync(KeysCheck.LookAsync, Look.At([.. await StorageAsync(hub), .. settings]));

    /// <summary>What a node with these settings makes of it.</summary>
    private static async Task<string> SaidAsync(TestHub hub, Func<IDataProtector, string> ask, params (string, string)[] settings)
    {
        var configuration = Look.At([.. await StorageAsync(hub), .. settings]).Settings;
        var services = new ServiceCollection().AddLogging().AddSingleton(TimeProvider.System).AddHubStorage(configuration);
        services.AddHubKeys(configuration);
        await using var node = services.BuildServiceProvider();
        return ask(node.GetRequiredService<IDataProtectionProvider>().CreateProtector("session"));
    }

    private static async Task<(string, string)[]> StorageAsync(TestHub hub)
    {
        await using var db = await hub.Hub.CreateDbContextAsync();
        return db is SqliteHubDb ? [("Storage:Folder", Path.GetDirectoryName(DatabaseCheck.SqliteFile(db))!)] : [("Storage:Provider", "PostgreSQL"), ("ConnectionStrings:Hub", db.Database.GetConnectionString()!)];
    }

    /// <summary>A file with a certificate that ends in so many days; its password is "quokka".</summary>
    private string Certificate(string name, int days)
    {
        using var key = RSA.Create(2048);
        return Write(name, days, new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
    }

    private string Elliptic()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return Write("elliptic", 400, new CertificateRequest("CN=elliptic", key, HashAlgorithmName.SHA256));
    }

    private string Write(string name, int days, CertificateRequest request)
    {
        var (now, file) = (TimeProvider.System.GetUtcNow(), Path.Combine(folder, name + ".pfx"));
        using var certificate = request.CreateSelfSigned(now.AddDays(-100), now.AddDays(days));
        File.WriteAllBytes(file, certificate.Export(X509ContentType.Pfx, "quokka"));
        return file;
    }
}
