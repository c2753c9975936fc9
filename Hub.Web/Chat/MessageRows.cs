using System.Globalization;
using System.Net;
using System.Text;
using Hub.Domain.Chat;
using Hub.Domain.Fixes;
using Hub.Web.Shell;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Localization;

namespace Hub.Web.Chat;

/// <summary>A message with its row's HTML, built once per version and language and shared by every circuit that shows it (CIRCUITS.md).</summary>
public sealed record MessageRow(MessageRecord Message, DateOnly Day, MarkupString Html);

/// <summary>Makes rows and keeps the last 20,000. Nothing here is not in the database.</summary>
internal sealed class MessageRows(IStringLocalizer<ChatText> words) : IDisposable
{
    private readonly MemoryCache rows = new(new MemoryCacheOptions { SizeLimit = 20_000 });

    public MessageRow Of(MessageRecord m)
    {
        var key = (m.Id, m.Version, m.Run?.State, m.Run?.Steps, CultureInfo.CurrentUICulture.Name);
        if (rows.TryGetValue(key, out MessageRow? row)) return row!;
        return rows.Set(key, new MessageRow(m, DateOnly.FromDateTime(m.PostedAt.ToLocal()), new MarkupString(Build(m))), new MemoryCacheEntryOptions { Size = 1 });
    }

    public void Dispose() => rows.Dispose();

    // Author before text before time, as it is read aloud; the grid puts the time beside the author.
    private string Build(MessageRecord m)
    {
        var html = new StringBuilder();
        html.Append(CultureInfo.InvariantCulture, $"{Avatars.Square(m.Author.Name)}<span class=\"who\">{Text(m.Author.Name)}</span>");
        html.Append(m.DeletedAt is null ? $"<div class=\"said prose\">{m.Html}</div>" : $"<div class=\"said gone\">{Text(words["Chat.Deleted"])}</div>");
        if (m.Run is { } run) html.Append(Card(run));
        html.Append(CultureInfo.InvariantCulture, $"<span class=\"when\"><time datetime=\"{m.PostedAt:yyyy-MM-dd'T'HH:mm:ss.fff'Z'}\">{m.PostedAt.ToLocal():HH:mm}</time>");
        if (m is { EditedAt: not null, DeletedAt: null }) html.Append(CultureInfo.InvariantCulture, $" · {Text(words["Chat.Edited"])}");
        return html.Append("</span>").ToString();
    }

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
