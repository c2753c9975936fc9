using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Hub.Domain;
using Hub.Domain.Chat;
using Hub.Domain.Notifications;
using Hub.Tests.Api;
using Hub.Tests.Notifications;
using Hub.Web.Integrations.Push;
using Hub.Web.Notifications;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Localization;

namespace Hub.Tests.Integrations;

/// <summary>Encryption and signature of Web Push, against the examples of their standards.</summary>
public sealed class WebPushTests
{
    // RFC 8291 §5 and appendix A.
    private const string Text = "When I grow up, I want to be a watermelon";
    private const string Sender = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw";
    private const string Browser = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
    private const string BrowserPrivate = "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94";
    private const string Secret = "BTBZMqHH6r4Tts7J_aSIgg";
    private const string Body = "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN";

    // RFC 8292 §2.4.
    private const string Token = "eyJ0eXAiOiJKV1QiLCJhbGciOiJFUzI1NiJ9.eyJhdWQiOiJodHRwczovL3B1c2guZXhhbXBsZS5uZXQiLCJleHAiOjE0NTM1MjM3NjgsInN1YiI6Im1haWx0bzpwdXNoQGV4YW1wbGUuY29tIn0.i3CYb7t4xfxCDquptFOepC9GAu_HLGkMlMuCGSK2rpiUfnK9ojFwDXb1JrErtmysazNjjvW2L9OkSSHzvoD1oA";
    private const string TokenKey = "BA1Hxzyi1RUM1b5wjxsn7nGxAszw2u61m164i3MrAIxHF6YK5h4SDYic-dRuU_RCPCfA5aq9ojSwk5Y2EmClBPs";

    [Fact]
    public void The_example_of_RFC_8291_comes_out_byte_for_byte_and_a_browser_reads_it()
    {
        using var sender = Key(Sender);
        using var browser = Key(BrowserPrivate);
        var body = PushEncryption.Encrypt(Encoding.ASCII.GetBytes(Text), Base64Url.DecodeFromChars(Browser), Base64Url.DecodeFromChars(Secret), sender, Base64Url.DecodeFromChars("DGv6ra1nlYgDCS1FRnbzlw"));
        Assert.Equal(Body, Base64Url.EncodeToString(body));
        Assert.Equal(Text, Encoding.ASCII.GetString(PushServer.Decrypt(Base64Url.DecodeFromChars(Body), browser, Base64Url.DecodeFromChars(Secret))));
    }

    [Fact]
    public void Each_message_has_a_key_and_a_salt_of_its_own_and_what_is_too_long_is_refused()
    {
        var (browser, secret) = (Base64Url.DecodeFromChars(Browser), Base64Url.DecodeFromChars(Secret));
        var (one, two) = (PushEncryption.Encrypt("a"u8, browser, secret), PushEncryption.Encrypt("a"u8, browser, secret));
        Assert.NotEqual(one[..16], two[..16]);
        Assert.NotEqual(one[21..86], two[21..86]);
        using var key = Key(BrowserPrivate);
        var longest = Enumerable.Repeat((byte)7, PushEncryption.Most).ToArray();
        var body = PushEncryption.Encrypt(longest, browser, secret);
        Assert.Equal(4096, body.Length);
        Assert.Equal(longest, PushServer.Decrypt(body, key, secret));
        Assert.Throws<ArgumentOutOfRangeException>(() => PushEncryption.Encrypt(new byte[PushEncryption.Most + 1], browser, secret));
    }

    [Theory]
    [InlineData("a")]
    [InlineData("\u00e9")]
    [InlineData("\U0001F600")]
    [InlineData("\"")]
    [InlineData("\u2028")]
    public void Whatever_people_write_has_room_in_a_message(string letter)
    {
        using var services = new ServiceCollection().AddLogging().AddLocalization().BuildServiceProvider();
        var text = string.Concat(Enumerable.Repeat(letter, 500));
        var entry = new InboxEntry(Guid.NewGuid(), NotificationKind.Reminder, null, 0, text, text, false, new Author(Guid.NewGuid(), text), $"/chat/{Guid.NewGuid()}/thread/{Guid.NewGuid()}?at={long.MaxValue}", 1, default, false) { Note = text };
        var payload = new PushWords(services.GetRequiredService<IStringLocalizer<NotificationsText>>()).Payload(entry);
        Assert.InRange(payload.Length, 1, PushEncryption.Most);
        var told = JsonDocument.Parse(payload).RootElement;
        foreach (var part in new[] { "title", "text" }) Assert.InRange(told.Text(part).EnumerateRunes().Count(), 120, 200);
        Assert.DoesNotContain("\uFFFD", told.Text("title") + told.Text("text"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_token_says_what_the_example_of_RFC_8292_says_and_is_verified_as_it_is()
    {
        Assert.True(PushServer.Verifies(Token, TokenKey));
        Assert.Equal(Token[..Token.LastIndexOf('.')], Vapid.Unsigned("https://push.example.net", 1453523768, "mailto:push@example.com"));

        var settings = Read()!;
        var now = new DateTimeOffset(2026, 11, 28, 12, 0, 0, TimeSpan.Zero);
        var said = Vapid.Authorization(settings, new Uri("https://push.example.net/p/JzLQ3raZJfFBR0aqvOMsLrt54w4rJUsV"), now);
        var (token, key) = (said["vapid t=".Length..].Split(", k=")[0], said.Split(", k=")[1]);
        Assert.Equal(settings.PublicKey, key);
        Assert.True(PushServer.Verifies(token, key));
        Assert.False(PushServer.Verifies(token, TokenKey));
        Assert.Equal(Vapid.Unsigned("https://push.example.net", now.AddHours(12).ToUnixTimeSeconds(), settings.Subject), token[..token.LastIndexOf('.')]);
    }

    [Theory]
    [InlineData("https://fcm.googleapis.com/fcm/send/abc", true)]
    [InlineData("https://FCM.googleapis.com/fcm/send/abc", true)]
    [InlineData("https://web.push.apple.com/abc", true)]
    [InlineData("https://wns2-db5p.notify.windows.com/w/?token=abc", true)]
    [InlineData("https://updates.push.services.mozilla.com/wpush/v2/abc", true)]
    [InlineData("http://fcm.googleapis.com/fcm/send/abc", false)]
    [InlineData("https://fcm.googleapis.com:8443/fcm/send/abc", false)]
    [InlineData("https://fcm.googleapis.com.example/abc", false)]
    [InlineData("https://user@fcm.googleapis.com/abc", false)]
    [InlineData("https://fcm.googleapis.com@10.0.0.1/abc", false)]
    [InlineData("https://push.apple.com/abc", false)]
    [InlineData("https://evilpush.apple.com/abc", false)]
    [InlineData("https://web.push.apple.com:444/abc", false)]
    [InlineData("https://127.0.0.1/abc", false)]
    [InlineData("https://[::1]/abc", false)]
    [InlineData("https://169.254.169.254/latest", false)]
    [InlineData("https://localhost/abc", false)]
    public void It_goes_to_push_services_that_are_known_and_nowhere_else(string endpoint, bool allowed) => Assert.Equal(allowed, Read()!.Allows(new Uri(endpoint)));

    [Fact]
    public void Administrators_name_others_with_their_port()
    {
        var settings = Read(("Push:AllowedHosts", "push.northbridge.example, 10.1.2.3:8443 ,*.far.example"))!;
        Assert.Equal([true, true, true, false, false, false], new[] { "https://push.northbridge.example/x", "https://10.1.2.3:8443/x", "https://a.b.far.example/x", "https://10.1.2.3/x", "https://far.example/x", "https://fcm.googleapis.com/x" }.Select(a => settings.Allows(new Uri(a))));
    }

    [Fact]
    public void Without_keys_there_is_no_push() => Assert.Null(PushSettings.Read(new ConfigurationBuilder().Build()));

    private static PushSettings? Read(params (string Name, string Value)[] more) => PushSettings.Read(new ConfigurationBuilder().AddInMemoryCollection(
        PushServer.Keys.Select(k => (k.Key, k.Value)).Append(("Push:Subject", "https://northbridge.example/it")).Concat(more).Select(s => KeyValuePair.Create(s.Item1, (string?)s.Item2))).Build());

    private static ECDiffieHellman Key(string secret) => ECDiffieHellman.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, D = Base64Url.DecodeFromChars(secret) });
}
