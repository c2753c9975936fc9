namespace Hub.Domain.Search;

/// <summary>How far two words are apart (Damerau–Levenshtein, optimal string alignment: add, drop, change, or swap two neighbours).</summary>
public static class Spelling
{
    /// <summary>Slips that a word of this many letters may have: none under 4, one to 7, two from 8.</summary>
    public static int Allowed(int letters) => letters < 4 ? 0 : letters < 8 ? 1 : 2;

    /// <summary>Which letters a word has, one bit each; words a few slips apart differ in few bits.</summary>
    public static int Letters(string word)
    {
        var bits = 0;
        foreach (var c in word) bits |= 1 << (c % 31);
        return bits;
    }

    /// <summary>The distance, or <paramref name="most"/> + 1 when it is more than <paramref name="most"/>.</summary>
    public static int Distance(string a, string b, int most)
    {
        if (Math.Abs(a.Length - b.Length) > most) return most + 1;
        Span<int> two = stackalloc int[b.Length + 1], one = stackalloc int[b.Length + 1], row = stackalloc int[b.Length + 1];
        for (var j = 0; j <= b.Length; j++) one[j] = j;
        for (var i = 1; i <= a.Length; i++)
        {
            row[0] = i;
            var best = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var d = Math.Min(Math.Min(one[j], row[j - 1]) + 1, one[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1));
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) d = Math.Min(d, two[j - 2] + 1);
                row[j] = d;
                best = Math.Min(best, d);
            }
            if (best > most) return most + 1;
            var spare = two;
            two = one;
            one = row;
            row = spare;
        }
        return Math.Min(one[b.Length], most + 1);
    }
}
