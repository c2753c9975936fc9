using System.Data;
using System.Globalization;
using System.Text.RegularExpressions;
using Hub.Domain.Storage;
using Hub.Web.Shell;
using Microsoft.EntityFrameworkCore;
using Microsoft.Playwright;

namespace Hub.Tests.Shell;

/// <summary>
/// Finds text that stands in code: on a page in the pseudo-language every word is in brackets, or somebody wrote it and it
/// stands in the database, or it is a date or a number.
/// </summary>
internal sealed partial class PlainText
{
    // Where what people wrote is shown in pieces: articles, messages, the words around a hit, names of zones.
    private const string Pieces = """
        () => {
          const free = '.prose, .said, .reading .contents, .snippet, mark, textarea, script, style, [name=zone], .avatar, .sb-second, .summary, [aria-labelledby=unread-title] .second';
          const out = [];
          const say = (text, e) => { if (/\p{L}{2}/u.test(text) && !e.closest(free)) out.push(text.trim() + '\u0000' + (e.className?.baseVal ?? (e.localName + '.' + e.className))); };
          const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
          while (walk.nextNode()) say(walk.currentNode.data, walk.currentNode.parentElement);
          for (const e of document.querySelectorAll('body *')) for (const name of ['aria-label', 'title', 'placeholder', 'alt', 'aria-description']) if (e.hasAttribute(name)) say(e.getAttribute(name), e);
          say(document.title, document.body);
          return out;
        }
        """;

    private readonly HashSet<string> written = new(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string> dates;

    private PlainText()
    {
        var format = CultureInfo.GetCultureInfo(HubWords.Pseudo).DateTimeFormat;
        dates = new([.. format.DayNames, .. format.AbbreviatedDayNames, .. format.MonthNames, .. format.AbbreviatedMonthNames, .. format.MonthGenitiveNames, .. format.AbbreviatedMonthGenitiveNames, "(UTC)"], StringComparer.Ordinal);
    }

    /// <summary>Knows everything that stands in the database now.</summary>
    public static async Task<PlainText> OfAsync(HubDb db)
    {
        var plain = new PlainText();
        await db.Database.OpenConnectionAsync();
        foreach (var table in db.Model.GetEntityTypes().Where(t => t.GetTableName() is not ("SearchPostings" or "MessageTerms" or "AuditEntries" or "IdempotencyRecords" or "ProtectionKeys")))
            foreach (var column in table.GetProperties().Where(p => p.ClrType == typeof(string)))
            {
                await using var command = db.Database.GetDbConnection().CreateCommand();
                command.CommandText = $"SELECT DISTINCT \"{column.GetColumnName()}\" FROM \"{table.GetTableName()}\" WHERE \"{column.GetColumnName()}\" IS NOT NULL";
                await using var reader = await command.ExecuteReaderAsync();
                while (await reader.ReadAsync()) plain.Know(reader.GetString(0));
            }
        return plain;
    }

    /// <summary>What of the page's text is neither in brackets nor in the database.</summary>
    public async Task<IReadOnlyList<string>> FindAsync(IPage page) =>
        [.. (await page.EvaluateAsync<string[]>(Pieces)).Select(p => p.Split('\0')).Where(p => !Known(p[0])).Select(p => $"{p[1]}: {p[0]}").Distinct(StringComparer.Ordinal)];

    private void Know(string text)
    {
        written.Add(text.Trim());
        // A fix is one document: each of its values is shown by itself.
        foreach (var part in Separators().Split(text)) written.Add(part.Trim().Trim('"'));
    }

    private bool Known(string text) => written.Contains(text) || Separators().Split(Brackets().Replace(text, "\n")).All(p => written.Contains(p.Trim()) || p.Split(' ').All(w => !Letters().IsMatch(w) || dates.Contains(w)));

    [GeneratedRegex(@"[\n·/,:|–{}“”]| - ")]
    private static partial Regex Separators();

    [GeneratedRegex(@"\[(?:[^\[\]]|\[[^\]]*\])*\]")]
    private static partial Regex Brackets();

    [GeneratedRegex(@"\p{L}{2}")]
    private static partial Regex Letters();
}
