using DiffPlex.Chunkers;
using DiffPlex.DiffBuilder;
using DiffPlex.DiffBuilder.Model;

namespace Hub.Domain.Knowledge;

/// <summary>Whether words stand in both versions, only in the newer, or only in the older.</summary>
public enum Compared { Same, Added, Removed }

/// <summary>Words of a line.</summary>
public sealed record ComparedPiece(Compared Kind, string Text);

/// <summary>A line of the two texts; <paramref name="Kind"/> is null where only words in it changed. <paramref name="Left"/> unchanged lines before it are left out.</summary>
public sealed record ComparedLine(Compared? Kind, IReadOnlyList<ComparedPiece> Pieces, int Left);

/// <summary>What a version changed against the one before it. Previous: null for the first.</summary>
public sealed record ArticleComparison(int Number, string Title, DateTime SavedAt, string SavedBy, int? Previous, string? PreviousTitle, IReadOnlyList<ComparedLine> Lines)
{
    /// <summary>Unchanged lines that are shown around a change.</summary>
    private const int Around = 2;

    internal static ArticleComparison Of(ArticleVersion after, ArticleVersion? before) =>
        new(after.Number, after.Title, after.SavedAt, after.SavedBy.Name, before?.Number, before?.Title, before is null ? [] : Compare(before.Body, after.Body));

    /// <summary>Changed lines with two unchanged ones around them; none when the texts are the same.</summary>
    public static IReadOnlyList<ComparedLine> Compare(string before, string after)
    {
        var sides = new SideBySideDiffBuilder().BuildDiffModel(before, after, ignoreWhitespace: false);
        var lines = sides.OldText.Lines.Zip(sides.NewText.Lines, Line).SelectMany(l => l).ToList();
        var shown = new bool[lines.Count];
        for (var i = 0; i < lines.Count; i++)
        {
            if (lines[i].Kind == Compared.Same) continue;
            for (var j = Math.Max(0, i - Around); j <= Math.Min(lines.Count - 1, i + Around); j++) shown[j] = true;
        }
        var kept = new List<ComparedLine>();
        var left = 0;
        foreach (var (i, line) in lines.Index())
        {
            if (!shown[i])
            {
                left++;
                continue;
            }
            kept.Add(line with { Left = left });
            left = 0;
        }
        return kept;
    }

    private static IEnumerable<ComparedLine> Line(DiffPiece before, DiffPiece after) => (before.Type, after.Type) switch
    {
        (ChangeType.Unchanged, _) => [Whole(Compared.Same, after.Text)],
        (ChangeType.Modified, ChangeType.Modified) => [new ComparedLine(null, Words(before.Text, after.Text), 0)],
        (ChangeType.Imaginary, _) => [Whole(Compared.Added, after.Text)],
        (_, ChangeType.Imaginary) => [Whole(Compared.Removed, before.Text)],
        _ => [Whole(Compared.Removed, before.Text), Whole(Compared.Added, after.Text)],
    };

    private static ComparedLine Whole(Compared kind, string text) => new(kind, [new ComparedPiece(kind, text)], 0);

    private static List<ComparedPiece> Words(string before, string after)
    {
        var pieces = new List<ComparedPiece>();
        foreach (var word in InlineDiffBuilder.Diff(before, after, ignoreWhiteSpace: false, ignoreCase: false, chunker: WordChunker.Instance).Lines)
        {
            var kind = word.Type switch { ChangeType.Inserted => Compared.Added, ChangeType.Deleted => Compared.Removed, _ => Compared.Same };
            if (pieces.Count > 0 && pieces[^1].Kind == kind) pieces[^1] = new ComparedPiece(kind, pieces[^1].Text + word.Text);
            else pieces.Add(new ComparedPiece(kind, word.Text));
        }
        return pieces;
    }
}
