using Hub.Tests.Notifications;
using Hub.Web.Upkeep;

namespace Hub.Tests.Upkeep;

/// <summary>What <c>check</c> says of the settings for notifications to devices.</summary>
public sealed class PushCheckTests
{
    private static readonly (string Name, string Value)[] Sound = [.. PushServer.Keys.Select(k => (k.Key, k.Value)), ("Push:Subject", "mailto:hub@hub.example")];

    [Fact]
    public async Task None_is_no_push() => await SaysAsync(Verdict.Ok, "sends no notifications", []);

    [Fact]
    public async Task A_pair_is_told_with_where_it_goes()
    {
        await SaysAsync(Verdict.Ok, "fcm.googleapis.com", Sound);
        await SaysAsync(Verdict.Ok, "go to push.hub.example.", [.. Sound, ("Push:AllowedHosts", "push.hub.example")]);
    }

    [Theory]
    [InlineData("Push:PublicKey", "", "no pair")]
    [InlineData("Push:PublicKey", "BA1Hxzyi1RUM1b5wjxsn7nGxAszw2u61m164i3MrAIxHF6YK5h4SDYic-dRuU_RCPCfA5aq9ojSwk5Y2EmClBPs", "no pair")]
    [InlineData("Push:PrivateKey", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "no pair")]
    [InlineData("Push:PrivateKey", "quokka", "push keys")]
    [InlineData("Push:Subject", "", "mailto:")]
    [InlineData("Push:Subject", "http://hub.example", "mailto:")]
    [InlineData("Push:AllowedHosts", "https://push.example", "names of push services")]
    [InlineData("Push:AllowedHosts", "*", "names of push services")]
    [InlineData("Push:AllowedHosts", "*.com", "names of push services")]
    [InlineData("Push:AllowedHosts", "push.example:0", "names of push services")]
    [InlineData("Push:AllowedHosts", " , ", "names of push services")]
    public async Task Settings_that_cannot_be_meant(string name, string value, string says) => await SaysAsync(Verdict.Wrong, says, [.. Sound.Where(s => s.Name != name), (name, value)]);

    private static async Task SaysAsync(Verdict verdict, string words, (string Name, string Value)[] settings)
    {
        var found = Assert.Single(await Look.RunAsync((at, _) => PushCheck.Look(at).ToAsyncEnumerable(), Look.At(settings)));
        Assert.Equal(verdict, found.Verdict);
        Assert.Contains(words, found.Said, StringComparison.Ordinal);
        Assert.DoesNotContain("quokka", found.Said, StringComparison.Ordinal);
        Assert.DoesNotContain(PushServer.Keys["Push:PrivateKey"], found.Said, StringComparison.Ordinal);
    }
}
