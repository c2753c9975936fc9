using System.Text;
using Hub.Domain.Chat;
using Hub.Domain.Text;

namespace Hub.Tests.Chat;

/// <summary>What programs post as they would to Slack, as the hub's Markdown.</summary>
public sealed class SlackPayloadTests
{
    [Theory]
    [InlineData("Build *failed* on _main_, was ~green~", "Build **failed** on _main_, was ~~green~~")]
    [InlineData("2 * 3 * 4, *.txt and ~/.ssh, a*b*c", "2 * 3 * 4, *.txt and ~/.ssh, a*b*c")]
    [InlineData("**already** so, ~~too~~", "**already** so, ~~too~~")]
    [InlineData("<https://ci.example/7|Build 7> and <https://ci.example>", "[Build 7](<https://ci.example/7>) and <https://ci.example>")]
    [InlineData("<mailto:a@b.example|write>", "[write](<mailto:a@b.example>)")]
    [InlineData("*<https://ci.example/7?a=1&amp;b=2|*bold* [7]>*", "*[*bold* (7)](<https://ci.example/7?a=1&b=2>)*")]
    [InlineData("<javascript:alert(1)|click>", "click")]
    [InlineData("<!here> <!channel> <!everyone>", "@here @channel @channel")]
    [InlineData("<@U024BE7LH> <@U024BE7LH|maya> <#C024BE7LR|ops> <!subteam^S1|@crew> <!date^1392734382^{date}|Feb 18>", "U024BE7LH maya #ops @crew Feb 18")]
    [InlineData("1 &lt; 2 &amp;&amp; 3 &gt; 2 &amp;lt;", "1 < 2 && 3 > 2 &lt;")]
    [InlineData("`*not bold* &lt;b&gt;` and ```\n*nor this*\n```", "`*not bold* <b>` and ```\n*nor this*\n```")]
    [InlineData("&gt; quoted\n- one\n- two :tada:", "> quoted\n- one\n- two :tada:")]
    [InlineData("&lt;https://evil.example|no link&gt;", "<https://evil.example|no link>")]
    [InlineData("a < b and <nothing> here", "a < b and <nothing> here")]
    public void Words_become_the_hubs_Markdown(string text, string expected) => Assert.Equal(expected, Read($$"""{"text":{{System.Text.Json.JsonSerializer.Serialize(text)}}}"""));

    [Theory]
    [InlineData("""{"text":"*x*","mrkdwn":false}""", "*x*")]
    [InlineData("""{"text":"x","username":"Root","icon_emoji":":skull:","channel":"#other","thread_ts":"1.2"}""", "x")]
    [InlineData("""{"text":"only seen in a notification","blocks":[{"type":"header","text":{"type":"plain_text","text":"Disk *full*"}},{"type":"divider"},{"type":"section","text":{"type":"mrkdwn","text":"*Host*: db1"},"fields":[{"type":"mrkdwn","text":"_a_"},{"type":"plain_text","text":"_b_ &amp; c"}]}]}""",
        "**Disk *full***\n\n———\n\n**Host**: db1\n_a_\n_b_ & c")]
    [InlineData("""{"blocks":[{"type":"context","elements":[{"type":"image","image_url":"https://x.example/i.png","alt_text":"A graph"},{"type":"mrkdwn","text":"by <https://x.example|X>"}]},{"type":"image","image_url":"https://x.example/j.png","title":{"type":"plain_text","text":"Load"},"alt_text":"y"}]}""",
        "[A graph](<https://x.example/i.png>) · by [X](<https://x.example>)\n\n[Load](<https://x.example/j.png>)")]
    [InlineData("""{"text":"kept","blocks":[{"type":"actions","elements":[{"type":"button","text":{"type":"plain_text","text":"Deploy"}}]},{"type":"hologram","text":7}]}""", "kept")]
    [InlineData("""{"attachments":[{"fallback":"f","pretext":"New *ticket*","title":"T-1","title_link":"https://x.example/1","text":"It *burns*\nstill","fields":[{"title":"Priority","value":"*High*","short":true},{"title":"Age","value":3}],"footer":"desk","color":"danger"}]}""",
        "New **ticket**\n> **[T-1](<https://x.example/1>)**\n> It **burns**\n> still\n> **Priority**: **High**\n> **Age**: 3\n> desk")]
    [InlineData("""{"text":"above","attachments":[{"fallback":"only *this*"},{"color":"good"}]}""", "above\n\n> only *this*")]
    public void Blocks_and_attachments_become_text(string json, string expected) => Assert.Equal(expected, Read(json));

    [Theory]
    [InlineData("", "invalid_payload")]
    [InlineData("text", "invalid_payload")]
    [InlineData("[]", "invalid_payload")]
    [InlineData("null", "invalid_payload")]
    [InlineData("""{"text":5}""", "invalid_payload")]
    [InlineData("""{"text":["a"]}""", "invalid_payload")]
    [InlineData("""{"attachments":{}}""", "invalid_payload")]
    [InlineData("""{"attachments":["a"]}""", "invalid_payload")]
    [InlineData("""{"blocks":[null]}""", "invalid_payload")]
    [InlineData("""{"blocks":[{"type":"section","text":"plain"}]}""", "invalid_payload")]
    [InlineData("""{"text":"\ud800"}""", "invalid_payload")]
    [InlineData("{}", "no_text")]
    [InlineData("""{"text":" \n"}""", "no_text")]
    [InlineData("""{"text":"\u0000"}""", "no_text")]
    [InlineData("""{"text":null,"blocks":[{"type":"divider2"}]}""", "no_text")]
    public void What_is_no_message_is_told_in_Slacks_words(string json, string expected) => Assert.Equal((null, expected), SlackPayload.Read(Encoding.UTF8.GetBytes(json)));

    [Fact]
    public void What_is_nested_or_repeated_without_end_ends()
    {
        Assert.Equal("invalid_payload", SlackPayload.Read(Encoding.UTF8.GetBytes("""{"blocks":""" + new string('[', 20_000) + new string(']', 20_000) + "}")).Wrong);
        Assert.Equal("too_many_attachments", SlackPayload.Read(Encoding.UTF8.GetBytes("""{"attachments":[""" + string.Join(',', Enumerable.Repeat("{}", 101)) + "]}")).Wrong);
        foreach (var part in new[] { "*a ", "~a ", "<a|", "`", "*a*", "<!x>", "&amp;", "[" })
        {
            var text = string.Concat(Enumerable.Repeat(part, 60_000 / part.Length));
            var began = TimeProvider.System.GetTimestamp();
            Assert.NotNull(SlackPayload.Read(Encoding.UTF8.GetBytes($$"""{"text":{{System.Text.Json.JsonSerializer.Serialize(text)}}}""")).Message);
            Assert.True(TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(5), part);
        }
    }

    [Theory]
    [InlineData("<img src=x onerror=alert(1)>")]
    [InlineData("&lt;script&gt;alert(1)&lt;/script&gt;")]
    [InlineData("<https://x.example\"onmouseover=alert(1)|x>")]
    [InlineData("<javascript:alert(1)>")]
    public void Nothing_that_is_posted_becomes_markup(string text)
    {
        var html = Markdown.Message(Read($$"""{"text":{{System.Text.Json.JsonSerializer.Serialize(text)}}}"""));
        Assert.DoesNotMatch("<(?!/?(p|a|br)\\b)", html);
        Assert.DoesNotContain("javascript:", System.Text.RegularExpressions.Regex.Replace(html, ">[^<]*<", "><"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("<!channel> fire", MentionKind.Channel)]
    [InlineData("<!everyone> and <!here>", MentionKind.Channel)]
    [InlineData("<!here> fire", MentionKind.Here)]
    [InlineData("@channel @here @Jonas Berg <@U1|@channel> &lt;!channel&gt; `<!channel>`", null)]
    [InlineData("\0@channel", null)]
    public void Slacks_own_marks_alone_call(string text, MentionKind? expected) =>
        Assert.Equal(expected, SlackPayload.Read(Encoding.UTF8.GetBytes($$"""{"text":{{System.Text.Json.JsonSerializer.Serialize(text)}}}""")).Message!.Calls);

    [Fact]
    public void The_senders_own_id_is_kept_aside() =>
        Assert.Equal(new SlackMessage("x", "build-7"), SlackPayload.Read("""{"text":"x","client_msg_id":"build-7"}"""u8.ToArray()).Message);

    private static string Read(string json)
    {
        var (message, wrong) = SlackPayload.Read(Encoding.UTF8.GetBytes(json));
        Assert.Null(wrong);
        return message!.Text;
    }
}
