using System.Globalization;
using System.Net;
using System.Runtime.CompilerServices;
using System.Text;
using Hub.Domain.Chat;
using Hub.Domain.Fixes;
using Hub.Domain.Text;
using Hub.Web.Shell;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Localization;

namespace Hub.Web.Chat;

/// <summary>A message with its row's HTML, built once per version and language and shared by every circuit that shows it (CIRCUITS.md).</summary>
/// <remarks>
/// Html: Author, text and time.
/// Around: Reactions, pin and thread, in a place of their own: a change there is no news for who listens. With one's own reactions pressed.
/// Saved: True if the viewer keeps it.
/// </remarks>
public sealed record MessageRow(MessageRecord Message, DateOnly Day, MarkupString Html, MarkupString? Around = null, bool Saved = false)
{
    /// <summary>Cards of what it links to, as the viewer sees them; null for none.</summary>
    public IReadOnlyList<CardRow>? Cards { get; init; }

    /// <summary>As the row's element has them, written once for all who are shown it.</summary>
    public string Id { get; } = Message.Id.ToString();

    /// <inheritdoc cref="Id"/>
    public string Sequence { get; } = Message.Sequence.ToString(CultureInfo.InvariantCulture);

    /// <inheritdoc cref="Id"/>
    public string Version { get; } = Message.Version.ToString(CultureInfo.InvariantCulture);

    /// <inheritdoc cref="Id"/>
    public string ClientMessageId { get; } = Message.ClientMessageId.ToString();
}

/// <summary>Makes rows and keeps the last 20,000, and those of messages that the live bus keeps. Nothing here is not in the database.</summary>
internal sealed class MessageRows(IStringLocalizer<ChatText> words) : IDisposable
{
    private const int MostLines = 60, OpeningLength = 120;

    private readonly MemoryCache rows = new(new MemoryCacheOptions { SizeLimit = 20_000 });

    // Rows without marks of the viewer's own, in the language of who was shown one first: those of what was just said, which everybody who is there is shown at once.
    private readonly ConditionalWeakTable<MessageRecord, Plain> plain = [];

    private sealed record Plain(string Language, MessageRow Row);

    /// <summary>The row of a message for somebody who answered it with <paramref name="own"/> and may have saved it.</summary>
    public MessageRow Of(MessageRecord m, IReadOnlyList<string>? own = null, bool saved = false)
    {
        var (language, unmarked) = (CultureInfo.CurrentUICulture.Name, own is not { Count: > 0 } && !saved);
        if (unmarked && plain.TryGetValue(m, out var known) && known.Language == language) return known.Row;
        var pressed = own is { Count: > 0 } ? string.Join(' ', own) : "";
        var key = (m.Id, m.Version, m.Revision, m.Run?.State, m.Run?.Steps, pressed, language);
        if (!rows.TryGetValue(key, out MessageRow? row))
        {
            var around = Around(m, own ?? []);
            row = rows.Set(key, new MessageRow(m, DateOnly.FromDateTime(m.PostedAt.ToLocal()), new MarkupString(Build(m)), around.Length == 0 ? null : new MarkupString(around)), new MemoryCacheEntryOptions { Size = 1 });
        }
        if (unmarked && ReferenceEquals(row!.Message, m)) plain.TryAdd(m, new Plain(language, row));
        return saved ? row! with { Saved = true } : row!;
    }

    public MessageRow Of(MessageRecord m, OwnMarks mine) => Of(m, mine.Reactions.GetValueOrDefault(m.Id), mine.Saved.Contains(m.Id));

    /// <summary>Who wrote it, by name; a bot's has a mark beside it, wherever it is shown.</summary>
    public MarkupString Who(Author author) => new($"{Text(author.Name)}{(author.Bot ? $" <span class=\"chip\">{Text(words["Chat.Bot"])}</span>" : "")}");

    public void Dispose() => rows.Dispose();

    // Author before text before time, as it is read aloud; the grid puts the time beside the author.
    private string Build(MessageRecord m)
    {
        var html = new StringBuilder();
        html.Append(CultureInfo.InvariantCulture, $"{Avatars.Square(m.Author.Name)}<span class=\"who\">{Who(m.Author).Value}</span>");
        html.Append(m.DeletedAt is null ? $"<div class=\"said prose\">{Whole(m)}{FileRows.Of(m.Files, words)}</div>" : $"<div class=\"said gone\">{Text(Gone(m))}</div>");
        if (m.Run is { } run) html.Append(Card(run));
        html.Append(CultureInfo.InvariantCulture, $"<span class=\"when\"><time datetime=\"{m.PostedAt:yyyy-MM-dd'T'HH:mm:ss.fff'Z'}\">{m.PostedAt.ToLocal():HH:mm}</time>");
        if (m is { EditedAt: not null, DeletedAt: null }) html.Append(CultureInfo.InvariantCulture, $" · {Text(words["Chat.Edited"])}");
        return html.Append("</span>").ToString();
    }

    private string Gone(MessageRecord m) => m.HiddenReason is { } reason ? words["Chat.Hidden", reason] : words[m.Removed ? "Chat.Removed" : "Chat.Deleted"];

    // A message of very many lines opens when it is asked to: it would push all others out of sight, and be read aloud to its end.
    private string Whole(MessageRecord m)
    {
        var lines = m.Text.AsSpan().Count('\n') + 1;
        if (lines <= MostLines) return m.Html;
        var first = Markdown.MessagePlain(m.Text.Split('\n').FirstOrDefault(l => !string.IsNullOrWhiteSpace(l)) ?? "");
        var opening = string.Concat(first.EnumerateRunes().Take(OpeningLength));
        return $"<details class=\"tall\"><summary>{Text(opening)} <span class=\"meta\">{Text(words["Chat.Lines", lines])}</span></summary>{m.Html}</details>";
    }

    private string Around(MessageRecord m, IReadOnlyList<string> own)
    {
        var html = new StringBuilder();
        if (m is { Help: { } help, DeletedAt: null })
        {
            var (chip, icon) = help switch { HelpState.Open => ("chip-warn", "circle"), HelpState.Helped => ("chip-info", "message-square-reply"), _ => ("chip-ok", "check") };
            html.Append(CultureInfo.InvariantCulture, $"<span class=\"chip {chip}\">{Icons.Svg(icon, 14)}{Text(words[$"Help.{help}"])}</span>");
        }
        if (m is { PinnedAt: not null, DeletedAt: null }) html.Append(CultureInfo.InvariantCulture, $"<span class=\"pinned\">{Icons.Svg("pin", 14)}{Text(words["Around.Pinned"])}</span>");
        if (m is { Reactions.Count: > 0, DeletedAt: null })
        {
            html.Append(CultureInfo.InvariantCulture, $"<span class=\"reactions\" role=\"group\" aria-label=\"{Text(words["Around.Reactions"])}\">");
            foreach (var r in m.Reactions)
            {
                var names = string.Join(", ", r.First.Select(p => p.Name));
                var others = r.Count - r.First.Count;
                string by = others > 0 ? words["Around.Others", names, others] : names;
                html.Append(CultureInfo.InvariantCulture, $"<button type=\"button\" class=\"reaction\" data-emoji=\"{r.Emoji}\" aria-pressed=\"{(own.Contains(r.Emoji) ? "true" : "false")}\" title=\"{Text(by)}\" aria-label=\"{Text(words["Around.Reaction", Emoji.Name(r.Emoji), r.Count, by])}\"><span>{r.Emoji}</span> {r.Count}</button>");
            }
            html.Append("</span>");
        }
        if (m.Replies > 0) html.Append(Thread(m.ConversationId, m.Id, words[m.Replies == 1 ? "Around.Reply" : "Around.Replies", m.Replies], m.LastReplyAt is { } at ? words["Around.Last", at.ToLocal().ToString("d MMM HH:mm", CultureInfo.CurrentCulture)] : ""));
        if (m is { ThreadId: { } thread, AlsoToConversation: true }) html.Append(Thread(m.ConversationId, thread, words["Around.InThread"], ""));
        return html.ToString();
    }

    private static string Thread(Guid conversation, Guid thread, string what, string more) =>
        $"<a class=\"threadline\" href=\"/chat/{conversation}/thread/{thread}\">{Icons.Svg("message-square-reply", 16)}<strong>{Text(what)}</strong>{(more.Length > 0 ? $" <span class=\"meta\">{Text(more)}</span>" : "")}</a>";

    private string Card(RunCard run)
    {
        var (chip, state) = run.State switch
        {
            RunState.Fixed => ("chip-ok", run.Verified ? "Run.FixedChecked" : "Run.Fixed"),
            RunState.NotFixed => ("chip-bad", "Run.NotFixed"),
            RunState.Abandoned => ("chip-warn", "Run.Abandoned"),
            _ => ("chip-info", $"Run.{run.State}"),
        };
        return $"<a class=\"run card\" data-state=\"{chip}\" href=\"/fixes/runs/{run.Id}\"><strong>{Text(run.Title)}</strong> <span class=\"chip {chip}\">{Text(words[state])}</span>"
            + $"<span class=\"meta\">{Text(words["Run.StartedBy", run.StartedBy])} · {Text(words["Run.Steps", run.Steps])}</span><span>{Text(run.OutcomeTitle)}</span></a>";
    }

    private static string Text(string s) => WebUtility.HtmlEncode(s);
}
