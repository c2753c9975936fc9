using System.Globalization;
using System.Net;
using System.Text;
using Hub.Domain.Search;
using Hub.Web.Shell;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Localization;

namespace Hub.Web.Chat;

/// <summary>A card under a message, with its HTML.</summary>
public sealed record CardRow(LinkCard Card, MarkupString Html);

/// <summary>Makes cards of links and keeps the last 5,000: whoever sees the same of a thing shares its HTML. Nothing here is not in the database.</summary>
internal sealed class CardRows(IStringLocalizer<ChatText> words) : IDisposable
{
    private readonly MemoryCache rows = new(new MemoryCacheOptions { SizeLimit = 5_000 });

    /// <summary>The card for somebody who reads times in <paramref name="zone"/>.</summary>
    public CardRow Of(LinkCard card, TimeZoneInfo zone)
    {
        var key = (card, zone.Id, CultureInfo.CurrentUICulture.Name);
        if (!rows.TryGetValue(key, out CardRow? row)) row = rows.Set(key, new CardRow(card, new MarkupString(Build(card, zone))), new MemoryCacheEntryOptions { Size = 1 });
        return row!;
    }

    public void Dispose() => rows.Dispose();

    // What it is, what it is called, how it stands, what it says; read aloud in that order.
    private string Build(LinkCard card, TimeZoneInfo zone)
    {
        var html = new StringBuilder();
        var (icon, kind) = card.Kind switch
        {
            CardKind.Message => ("messages-square", words["Card.Message"]),
            CardKind.Article => ("book-open", words["Card.Article"]),
            CardKind.Fix => ("wrench", words["Card.Fix"]),
            CardKind.Run => ("wrench", words["Card.Run"]),
            CardKind.Meeting => ("calendar", words["Card.Meeting"]),
            _ => ("user", words["Card.Person"]),
        };
        html.Append($"<a href=\"{card.Url}\"><span class=\"kind\">{Icons.Svg(icon, 14)}{Text(kind)}</span> <strong>{Text(card.Title)}</strong>");
        if (Chip(card) is { } chip) html.Append($" <span class=\"chip {chip.Look}\">{Text(chip.State)}</span>");
        html.Append("</a>");
        if (card.Marking is { } marking) html.Append($"<span class=\"marking\">{Icons.Svg("lock", 14)}{Text(marking)}</span>");
        var facts = string.Join(" · ", Facts(card, zone).Where(f => f.Length > 0));
        if (facts.Length > 0) html.Append($"<span class=\"meta\">{Text(facts)}</span>");
        if (card.Text.Length > 0) html.Append($"<span class=\"lines\">{Text(card.Text)}</span>");
        if (card.MayAnswer) html.Append(Answers(card));
        return html.ToString();
    }

    private (string Look, string State)? Chip(LinkCard card) => (card.Kind, card.State) switch
    {
        (CardKind.Article, "draft") => ("chip-warn", words["Card.Draft"]),
        (CardKind.Article, _) => ("chip-ok", words["Card.Published"]),
        (CardKind.Run, "fixed") => ("chip-ok", words[card.Verified ? "Run.FixedChecked" : "Run.Fixed"]),
        (CardKind.Run, "notFixed") => ("chip-bad", words["Run.NotFixed"]),
        (CardKind.Run, "abandoned") => ("chip-warn", words["Run.Abandoned"]),
        (CardKind.Run, "working") => ("chip-info", words["Run.Working"]),
        (CardKind.Run, _) => ("chip-info", words["Run.Waiting"]),
        (CardKind.Meeting, "cancelled") => ("chip-bad", words["Card.Cancelled"]),
        (CardKind.Meeting, "accepted") => ("chip-ok", words["Card.Accepted"]),
        (CardKind.Meeting, "declined") => ("chip-bad", words["Card.Declined"]),
        (CardKind.Meeting, "tentative") => ("chip-warn", words["Card.Tentative"]),
        (CardKind.Meeting, _) => ("chip-info", words["Card.NeedsAction"]),
        _ => null,
    };

    private IEnumerable<string> Facts(LinkCard card, TimeZoneInfo zone) => card.Kind switch
    {
        CardKind.Message => [card.Place, card.StartsAt!.Value.ToLocal().ToString("d MMMM yyyy HH:mm", CultureInfo.CurrentCulture)],
        CardKind.Fix => [card.Place, words[card.Steps == 1 ? "Card.Step" : "Card.Steps", card.Steps]],
        CardKind.Run => [words["Run.StartedBy", card.By], words[card.Steps == 1 ? "Card.Step" : "Card.Steps", card.Steps]],
        CardKind.Meeting => [When(card, zone), card.Place, words["Card.Organiser", card.By]],
        _ => [card.Place],
    };

    private static string When(LinkCard card, TimeZoneInfo zone)
    {
        var (from, to) = (TimeZoneInfo.ConvertTimeFromUtc(card.StartsAt!.Value, zone), TimeZoneInfo.ConvertTimeFromUtc(card.EndsAt!.Value, zone));
        var end = to.ToString(from.Date == to.Date ? "HH:mm" : "ddd d MMM, HH:mm", CultureInfo.CurrentCulture);
        var when = $"{from.ToString("ddd d MMM yyyy, HH:mm", CultureInfo.CurrentCulture)}–{end}";
        return zone.Id == LocalTime.Zone.Id ? when : $"{when} ({zone.Id})";
    }

    private string Answers(LinkCard card)
    {
        string Button(string status, string word) =>
            $"<button type=\"button\" class=\"btn btn-small\" data-meeting=\"{card.Id}\" data-answer=\"{status}\" aria-pressed=\"{(card.State == status ? "true" : "false")}\">{Text(word)}</button>";
        return $"<span class=\"answers\" role=\"group\" aria-label=\"{Text(words["Card.Answer", card.Title])}\">{Button("accepted", words["Card.Accept"])}{Button("declined", words["Card.Decline"])}<span class=\"meta\" role=\"status\" data-answered></span></span>";
    }

    private static string Text(string s) => WebUtility.HtmlEncode(s);
}
