using System.Globalization;
using System.Net;
using System.Text;
using Hub.Domain.Chat;
using Hub.Web.Shell;
using Microsoft.Extensions.Localization;

namespace Hub.Web.Chat;

/// <summary>Files of a message as HTML: pictures as pictures, the rest as what they are. Addresses ask for permission each time.</summary>
internal static class FileRows
{
    // CSS pixels of a picture in a message at most.
    private const double Wide = 320, High = 240;

    public static string Of(IReadOnlyList<FileCard> files, IStringLocalizer<ChatText> words)
    {
        if (files.Count == 0) return "";
        var html = new StringBuilder("<ul class=\"files\">");
        foreach (var f in files) html.Append("<li>").Append(f.State == FileState.Quarantined ? Removed(f, words) : f is { Thumbnail: true, Width: { } w, Height: { } h } ? Picture(f, w, h) : Card(f, words)).Append("</li>");
        return html.Append("</ul>").ToString();
    }

    /// <summary>A number of bytes in words: 900 bytes, 12 KB, 3.4 MB.</summary>
    public static string Size(long bytes, IStringLocalizer<ChatText> words) =>
        bytes < 1000 ? words["File.Bytes", bytes]
        : bytes < 1_000_000 ? words["File.Kilobytes", bytes / 1000]
        : words["File.Megabytes", (bytes / 1_000_000.0).ToString("0.#", CultureInfo.CurrentCulture)];

    private static string Picture(FileCard f, int width, int height)
    {
        var scale = Math.Min(1, Math.Min(Wide / width, High / height));
        return string.Create(CultureInfo.InvariantCulture, $"<a class=\"picture\" href=\"/api/v1/files/{f.Id}\" target=\"_blank\" rel=\"noopener\" title=\"{Text(f.Name)}\">")
            + string.Create(CultureInfo.InvariantCulture, $"<img src=\"/api/v1/files/{f.Id}/thumbnail\" alt=\"{Text(f.Name)}\" width=\"{Math.Max(1, Math.Round(width * scale))}\" height=\"{Math.Max(1, Math.Round(height * scale))}\" loading=\"lazy\"></a>");
    }

    // A picture without a thumbnail too (too large to be opened, or damaged): the browser saves it.
    private static string Card(FileCard f, IStringLocalizer<ChatText> words) =>
        $"<a class=\"file card\" href=\"/api/v1/files/{f.Id}?download=true\" download=\"{Text(f.Name)}\">{Icons.Svg("file", 24)}<span><strong>{Text(f.Name)}</strong>"
        + $"<span class=\"meta\">{Text(words[$"FileType.{TypeOf(f.ContentType)}"])} · {Text(Size(f.Length, words))}</span></span></a>";

    private static string Removed(FileCard f, IStringLocalizer<ChatText> words) =>
        $"<span class=\"file card removed\">{Icons.Svg("triangle-alert", 24)}<span>{Text(words["File.Removed", f.Name, f.Finding])}</span></span>";

    private static string TypeOf(string type) => type switch
    {
        "application/pdf" => "Pdf",
        "text/plain" => "Text",
        "application/vnd.ms-outlook" => "Message",
        "application/msword" or "application/rtf" => "Document",
        "application/vnd.ms-excel" => "Spreadsheet",
        "application/vnd.ms-powerpoint" => "Slides",
        "application/zip" or "application/gzip" or "application/x-7z-compressed" or "application/vnd.rar" => "Archive",
        _ when type.StartsWith("image/", StringComparison.Ordinal) => "Picture",
        _ when type.StartsWith("audio/", StringComparison.Ordinal) => "Sound",
        _ when type.StartsWith("video/", StringComparison.Ordinal) => "Video",
        _ when type.EndsWith("wordprocessingml.document", StringComparison.Ordinal) || type.EndsWith("opendocument.text", StringComparison.Ordinal) => "Document",
        _ when type.Contains("spreadsheet", StringComparison.Ordinal) => "Spreadsheet",
        _ when type.Contains("presentation", StringComparison.Ordinal) => "Slides",
        _ => "Other",
    };

    private static string Text(string s) => WebUtility.HtmlEncode(s);
}
