namespace Hub.Domain.Search;

/// <summary>A question's words one after the other, as an error message is pasted: case, line ends and the marks around it do not count.</summary>
internal sealed class Phrase
{
    /// <summary>How many of the best results are read for it.</summary>
    public const int Depth = 30;

    /// <summary>What holding it is worth. More than this finds the articles that link to the right one by its title.</summary>
    public const double Weight = 1.12;

    private static readonly char[] Around = [' ', '.', '"', '\'', ':', '!', '?', '\u201C', '\u201D'];

    private readonly string words;

    private Phrase(string words) => this.words = words;

    public static Phrase Of(string question) => new(OneLine(question).Trim(Around));

    public bool In(string text) => words.Length > 0 && OneLine(text).Contains(words, StringComparison.OrdinalIgnoreCase);

    private static string OneLine(string text) => string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
}
