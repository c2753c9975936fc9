using System.Globalization;
using System.Text;

namespace Hub.Domain.Storage;

/// <summary>Names under which files are shown and saved.</summary>
public static class FileNames
{
    /// <summary>Characters (UTF-16 units) of a name at most.</summary>
    public const int Most = 150;

    private static readonly string[] Devices =
        ["CON", "PRN", "AUX", "NUL", .. Enumerable.Range(0, 10).SelectMany(n => new[] { $"COM{n}", $"LPT{n}" })];

    /// <summary>
    /// The name without a path and without what would make it another on somebody's machine: control characters, marks that turn the reading direction,
    /// characters that Windows forbids, spaces and dots at the ends, names of its devices. The ending stays whole.
    /// </summary>
    /// <returns>1 to <see cref="Most"/> characters.</returns>
    public static string Clean(string name)
    {
        var kept = new StringBuilder();
        foreach (var rune in name[(name.LastIndexOfAny(['/', '\\']) + 1)..].Normalize(NormalizationForm.FormC).EnumerateRunes())
        {
            // An unpaired surrogate comes as this.
            if (rune == Rune.ReplacementChar || Turns(rune) || Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned) continue;
            if (Rune.IsWhiteSpace(rune)) kept.Append(kept is [.., ' '] ? "" : " ");
            else kept.Append(rune.IsAscii && "<>:\"|?*".Contains((char)rune.Value, StringComparison.Ordinal) ? "_" : rune.ToString());
        }
        var clean = kept.ToString().Trim(' ', '.');
        var ending = Path.GetExtension(clean);
        if (ending.Length > 20) ending = "";
        var stem = clean[..^ending.Length].TrimEnd(' ', '.');
        if (stem.Length == 0) stem = "file";
        if (Devices.Contains(stem, StringComparer.OrdinalIgnoreCase)) stem += "_";
        if (stem.Length > Most - ending.Length) stem = Cut(stem, Most - ending.Length);
        return stem + ending;
    }

    // Letters that would show "exe.pdf" for a name that ends with .exe, and a byte order mark.
    private static bool Turns(Rune rune) => rune.Value is 0x061C or 0x200E or 0x200F or (>= 0x202A and <= 0x202E) or (>= 0x2066 and <= 0x2069) or 0xFEFF;

    private static string Cut(string text, int most) => text[..(char.IsHighSurrogate(text[most - 1]) ? most - 1 : most)];
}
