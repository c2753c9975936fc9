using System.Net;
using Hub.Domain;
using Hub.Domain.Chat;
using Hub.Tests.Chat;
using Hub.Web.Integrations.Hooks;
using Microsoft.AspNetCore.DataProtection;

namespace Hub.Tests.Integrations;

/// <summary>Where deliveries may go, and how they are signed.</summary>
public sealed class HookSenderTests
{
    [Theory]
    [InlineData("127.0.0.1", true)]
    [InlineData("::1", true)]
    [InlineData("::ffff:10.0.0.1", true)]
    [InlineData("0.0.0.0", true)]
    [InlineData("10.1.2.3", true)]
    [InlineData("100.64.0.1", true)]
    [InlineData("169.254.169.254", true)]
    [InlineData("172.16.0.1", true)]
    [InlineData("172.32.0.1", false)]
    [InlineData("192.168.1.1", true)]
    [InlineData("224.0.0.1", true)]
    [InlineData("255.255.255.255", true)]
    [InlineData("fe80::1", true)]
    [InlineData("fd00::1", true)]
    [InlineData("64:ff9b::7f00:1", true)]
    [InlineData("2002:7f00:1::", true)]
    [InlineData("::", true)]
    [InlineData("ff02::1", true)]
    [InlineData("93.184.215.14", false)]
    [InlineData("2606:2800:21f:cb07:6820:80da:af6b:8b2c", false)]
    public void An_address_of_a_private_network_is_known(string address, bool expected) => Assert.Equal(expected, HookSender.Private(IPAddress.Parse(address)));

    [Theory]
    [InlineData("https://siem.police.example/in?key=1", true)]
    [InlineData("https://SIEM.police.example:8443/in", true)]
    [InlineData("http://siem.police.example/in", false)]
    [InlineData("https://x.supplier.example", true)]
    [InlineData("https://supplier.example", false)]
    [InlineData("https://evilsupplier.example", false)]
    [InlineData("https://siem.police.example.evil.example", false)]
    [InlineData("https://user:password@siem.police.example", false)]
    [InlineData("https://siem.police.example/#part", false)]
    [InlineData("https://elsewhere.example", false)]
    [InlineData("http://127.0.0.1/", false)]
    [InlineData("ftp://siem.police.example", false)]
    [InlineData("siem.police.example", false)]
    [InlineData("", false)]
    public void Only_what_an_administrator_named_is_an_address(string address, bool expected) =>
        Assert.Equal(expected, HooksSetup.Hosts("siem.police.example, *.Supplier.example", plainLoopback: true).Read(address) is not null);

    [Theory]
    [InlineData("https://siem.example")]
    [InlineData("siem.example:443")]
    [InlineData("*")]
    [InlineData("*.com")]
    [InlineData("a/b")]
    public void A_setting_that_names_no_host_stops_the_start(string setting) =>
        Assert.Contains("Hooks:AllowedHosts", Assert.Throws<SettingsException>(() => HooksSetup.Hosts(setting, plainLoopback: false)).Message, StringComparison.Ordinal);

    [Fact]
    public async Task What_is_no_delivery_is_told_as_what_it_is()
    {
        await using var receiver = await Receiver.StartAsync();
        var keys = new EphemeralDataProtectionProvider();
        using var sender = new HookSender(keys, new HookHosts(["127.0.0.1"], true));
        using var strict = new HookSender(keys, new HookHosts([], true));
        var (_, kept) = sender.MakeSecret();
        var parcel = new HookParcel(Guid.NewGuid(), DateTime.UnixEpoch.AddYears(57), new Uri(receiver.Address), kept, "{}"u8.ToArray());
        Assert.Equal(new HookAnswer(null, 204), await sender.SendAsync(parcel, default));
        receiver.Status = 302;
        Assert.Equal(new HookAnswer(HookFailure.Redirected, 302), await sender.SendAsync(parcel, default));
        receiver.Status = 404;
        Assert.Equal(new HookAnswer(HookFailure.Refused, 404), await sender.SendAsync(parcel, default));
        Assert.Equal(3, receiver.Got.Count);
        Assert.Equal(new HookAnswer(HookFailure.NotAllowed), await strict.SendAsync(parcel, default));
        Assert.Equal(new HookAnswer(HookFailure.Unreachable), await sender.SendAsync(parcel with { Address = new Uri("http://127.0.0.1:1/") }, default));
        Assert.Equal(new HookAnswer(HookFailure.SecretLost), await sender.SendAsync(parcel with { Secret = "other" }, default));
        Assert.Equal(3, receiver.Got.Count);
    }

    // Reckoned with: printf 'msg_1.1614265330.{"test":2432232314}' | openssl dgst -sha256 -mac HMAC -macopt hexkey:… -binary | base64
    [Fact]
    public void A_signature_is_that_of_another_program() =>
        Assert.Equal("v1,mJoyILdRg5beWr8Qd9VefeLaVFTOHXBDoM1YbgH3xCQ=", HookSender.Sign("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_1", 1614265330, """{"test":2432232314}"""u8.ToArray()));
}
