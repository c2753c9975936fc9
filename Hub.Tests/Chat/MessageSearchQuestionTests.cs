using Hub.Domain;
using Hub.Domain.Chat;

namespace Hub.Tests.Chat;

/// <summary>How a question about messages is read, and what is said of one that cannot be.</summary>
public sealed class MessageSearchQuestionTests
{
    private static readonly DateOnly Today = new(2026, 11, 28);

    [Theory]
    [InlineData("VPN", "vpn")]
    [InlineData("  vpn \n printers ", "printer vpn")]
    [InlineData("Café CAFÉ cafe", "cafe")]
    [InlineData("Wi-Fi", "wifi")]
    [InlineData("5.7.1 street-team", "5.7.1 street-team")]
    [InlineData("12:30 https://intra.example/x", "12 30 http intra.example x")]
    [InlineData("note: from me", "from me note")]
    [InlineData("hello from:me", "hello")]
    public void Words_are_terms_as_everywhere_in_search(string typed, string terms) =>
        Assert.Equal(terms, string.Join(' ', Read(typed).Words.Order(StringComparer.Ordinal)));

    [Theory]
    [InlineData("\"mailbox is full\"", "mailbox is full")]
    [InlineData("“The Mailbox, is FULL!”", "the mailbox is full")]
    [InlineData("\"not closed", "not closed")]
    [InlineData("a\"b c\"d", "b c")]
    [InlineData("\"...\" x", "")]
    public void A_phrase_is_its_words_one_after_the_other(string typed, string phrase) =>
        Assert.Equal(phrase, string.Join('|', Read(typed).Phrases.Select(p => p.Trim())));

    [Fact]
    public void Filters_stand_anywhere_and_are_read_in_any_case()
    {
        var read = Read("FROM:\"Jonas Berg\" late in:street-team has:file has:links is:Thread is:pinned is:saved before:2026-11-20 after:1/11/2026 train");
        Assert.Equal(("Jonas Berg", "street-team", new DateOnly(2026, 11, 20), new DateOnly(2026, 11, 1), true), (read.From, read.In, read.Before!.Value, read.After!.Value, read.Saved));
        Assert.Equal(["has:file", "has:link", "is:pinned", "is:thread"], read.Facts.Order(StringComparer.Ordinal));
        Assert.Equal(["late", "train"], read.Words.Order(StringComparer.Ordinal));
        Assert.Equal((Today, Today.AddDays(-1)), (Read("x before:Today after:yesterday").Before!.Value, Read("x before:Today after:yesterday").After!.Value));
    }

    [Theory]
    [InlineData("", "find.empty")]
    [InlineData(" \"\" !!! ", "find.empty")]
    [InlineData("before:2026-11-01", "find.dates")]
    [InlineData("vpn from:", "find.nothing", "from")]
    [InlineData("vpn in: here", "find.nothing", "in")]
    [InlineData("from:a from:b", "find.twice", "from")]
    [InlineData("in:a in:b", "find.twice", "in")]
    [InlineData("x before:today before:today", "find.twice", "before")]
    [InlineData("has:picture", "find.has", "picture")]
    [InlineData("is:new", "find.is", "new")]
    [InlineData("x before:tomorow", "find.date", "before", "tomorow", "2026-11-28")]
    [InlineData("x after:2026-02-30", "find.date", "after", "2026-02-30", "2026-11-28")]
    [InlineData("x after:0001-01-01", "find.date", "after", "0001-01-01", "2026-11-28")]
    [InlineData("x after:9999-12-31", "find.date", "after", "9999-12-31", "2026-11-28")]
    [InlineData("a\0b", "text.nul")]
    public void What_cannot_be_read_is_refused_by_its_part(string typed, string code, params string[] args)
    {
        var refusal = MessageQuestion.Read(typed, Today).Refusal!;
        Assert.Equal((RefusalKind.Invalid, code, string.Join('|', args)), (refusal.Kind, refusal.Code, string.Join('|', refusal.Args)));
        Assert.Equal(["q"], refusal.Fields.Keys);
    }

    [Fact]
    public void A_question_has_its_limits()
    {
        Assert.Equal("find.long", MessageQuestion.Read(new string('x', MessageSearch.MostCharacters + 1), Today).Refusal!.Code);
        Assert.True(MessageQuestion.Read(new string('x', MessageSearch.MostCharacters), Today).Ok);
        Assert.Equal("find.words", MessageQuestion.Read(string.Join(' ', Enumerable.Range(1, MessageQuestion.MostWords + 1).Select(i => $"w{i}")), Today).Refusal!.Code);
        Assert.True(MessageQuestion.Read(string.Join(' ', Enumerable.Range(1, MessageQuestion.MostWords).Select(i => $"w{i}")), Today).Ok);
    }

    private static MessageQuestion Read(string typed) => MessageQuestion.Read(typed, Today).Value;
}
