using System.Globalization;
using Hub.Tests.Faults;
using Hub.Tests.Notifications;
using Hub.Web.Upkeep;

namespace Hub.Tests.Upkeep;

/// <summary>What <c>check</c> says of the mail server.</summary>
public sealed class MailCheckTests
{
    [Fact]
    public async Task None_is_no_mail() => await SaysAsync(Verdict.Ok, "sends no mail", []);

    [Fact]
    public async Task One_that_takes_mail_in_the_clear_is_something_to_think_about()
    {
        await using var server = new SmtpServer();
        await SaysAsync(Verdict.Warning, "without TLS", At(server.Port, ("Mail:Security", "None")));
        Assert.Empty(server.Mail);
    }

    [Fact]
    public async Task One_that_is_away_or_is_not_trusted_or_speaks_no_TLS()
    {
        await SaysAsync(Verdict.Wrong, "cannot be reached", At(HubProcess.FreePort()));
        await using var unknown = new SmtpServer { StartTls = true };
        await SaysAsync(Verdict.Wrong, "certificate", At(unknown.Port));
        await using var plain = new SmtpServer();
        await SaysAsync(Verdict.Wrong, "offers no STARTTLS", At(plain.Port));
    }

    [Theory]
    [InlineData("Mail:Security", "Perhaps", "StartTls, Tls or None")]
    [InlineData("Mail:Port", "0", "1 to 65535")]
    [InlineData("Mail:From", "nobody", "the address that mail comes from")]
    [InlineData("Hub:Address", "hub", "links lead there")]
    public async Task Settings_that_cannot_be_meant(string name, string value, string says) =>
        await SaysAsync(Verdict.Wrong, says, [.. At(25).Where(s => s.Name != name), (name, value)]);

    [Fact]
    public async Task A_password_goes_nowhere_without_TLS() =>
        await SaysAsync(Verdict.Wrong, "password would go over the network", At(25, ("Mail:Security", "None"), ("Mail:User", "hub"), ("Mail:Password", "quokka")));

    private static (string Name, string Value)[] At(int port, params (string Name, string Value)[] more) =>
        [("Mail:Host", "127.0.0.1"), ("Mail:Port", port.ToString(CultureInfo.InvariantCulture)), ("Mail:From", "hub@hub.example"), ("Hub:Address", "https://hub.example"), .. more];

    private static async Task SaysAsync(Verdict verdict, string words, (string Name, string Value)[] settings)
    {
        var found = Assert.Single(await Look.RunAsync(MailCheck.LookAsync, Look.At(settings)));
        Assert.Equal(verdict, found.Verdict);
        Assert.Contains(words, found.Said, StringComparison.Ordinal);
        Assert.DoesNotContain("quokka", found.Said, StringComparison.Ordinal);
    }
}
