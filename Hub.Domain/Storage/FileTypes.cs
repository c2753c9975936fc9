using System.Buffers;
using System.Collections.Frozen;
using System.Text;

namespace Hub.Domain.Storage;

/// <summary>What the bytes of a file say that it is.</summary>
/// <param name="ContentType">Media type; <c>application/octet-stream</c> for what is not known here.</param>
/// <param name="Program">Name of the format of a program, such as PE; null for what is none.</param>
public sealed record FileType(string ContentType, string? Program = null);

/// <summary>
/// Tells files by their first bytes, never by what the sender calls them, and programs also by the end of their name. A small table of the formats
/// that people send (Gary Kessler's file signatures; the WHATWG's MIME Sniffing Standard for pictures).
/// </summary>
public static class FileTypes
{
    /// <summary>First bytes that are looked at.</summary>
    public const int HeadLength = 4096;

    /// <summary>Pictures that a browser may show in the hub's own pages.</summary>
    public static readonly FrozenSet<string> Pictures = new[] { "image/png", "image/jpeg", "image/gif", "image/webp" }.ToFrozenSet(StringComparer.Ordinal);

    // What a double click runs, on the systems that people have; archives that are programs (.jar) among them.
    private static readonly FrozenSet<string> Programs = new[]
    {
        ".exe", ".dll", ".com", ".scr", ".pif", ".cpl", ".sys", ".drv", ".ocx", ".msi", ".msp", ".mst", ".msix", ".msixbundle", ".appx", ".appxbundle", ".appinstaller", ".application",
        ".bat", ".cmd", ".ps1", ".psm1", ".psd1", ".ps1xml", ".vbs", ".vbe", ".vb", ".js", ".jse", ".mjs", ".ws", ".wsf", ".wsc", ".wsh", ".sct", ".hta", ".msc", ".lnk", ".url", ".scf", ".inf", ".reg",
        ".jar", ".jnlp", ".class", ".apk", ".ipa", ".app", ".command", ".dmg", ".pkg", ".deb", ".rpm", ".appimage", ".run", ".sh", ".bash", ".zsh", ".csh", ".desktop", ".chm", ".gadget", ".xll", ".settingcontent-ms",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    // Containers that hold what their name says.
    private static readonly FrozenDictionary<string, string> Zipped = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase)
    {
        [".docx"] = "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        [".xlsx"] = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        [".pptx"] = "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        [".odt"] = "application/vnd.oasis.opendocument.text", [".ods"] = "application/vnd.oasis.opendocument.spreadsheet", [".odp"] = "application/vnd.oasis.opendocument.presentation",
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    private static readonly FrozenDictionary<string, string> Compound = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase)
    {
        [".doc"] = "application/msword", [".xls"] = "application/vnd.ms-excel", [".ppt"] = "application/vnd.ms-powerpoint", [".msg"] = "application/vnd.ms-outlook",
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    /// <summary>The end of a name that says that the file is a program, such as <c>.exe</c>; null for any other.</summary>
    public static string? ProgramEnding(string name) => Programs.TryGetValue(Path.GetExtension(name), out var ending) ? ending : null;

    /// <summary>What a file is.</summary>
    /// <param name="head">Its first bytes, at most <see cref="HeadLength"/>.</param>
    /// <param name="name">Its name, which tells apart what has the same signature.</param>
    public static FileType Of(ReadOnlySpan<byte> head, string name)
    {
        if (ProgramOf(head) is { } program) return new("application/octet-stream", program);
        return new(
            Starts(head, 0x89, 'P', 'N', 'G', 0x0D, 0x0A, 0x1A, 0x0A) ? "image/png"
            : Starts(head, 0xFF, 0xD8, 0xFF) ? "image/jpeg"
            : head.StartsWith("GIF87a"u8) || head.StartsWith("GIF89a"u8) ? "image/gif"
            : head.StartsWith("RIFF"u8) && head.Length >= 12 ? Riff(head[8..12])
            : head.StartsWith("%PDF-"u8) ? "application/pdf"
            : head.StartsWith("PK\x03\x04"u8) || head.StartsWith("PK\x05\x06"u8) ? Zipped.GetValueOrDefault(Path.GetExtension(name), "application/zip")
            : Starts(head, 0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1) ? Compound.GetValueOrDefault(Path.GetExtension(name), "application/x-ole-storage")
            : head.StartsWith("{\\rtf"u8) ? "application/rtf"
            : Starts(head, 0x1F, 0x8B) ? "application/gzip"
            : Starts(head, '7', 'z', 0xBC, 0xAF, 0x27, 0x1C) ? "application/x-7z-compressed"
            : head.StartsWith("Rar!\x1a\x07"u8) ? "application/vnd.rar"
            : head.StartsWith("II*\0"u8) || head.StartsWith("MM\0*"u8) ? "image/tiff"
            : head.StartsWith("BM"u8) && head.Length > 26 && head[14] is 12 or 40 or 108 or 124 ? "image/bmp"
            : head.Length >= 12 && head[4..8].SequenceEqual("ftyp"u8) ? Ftyp(head[8..12])
            : Starts(head, 0x1A, 0x45, 0xDF, 0xA3) ? "video/webm"
            : head.StartsWith("OggS"u8) ? "audio/ogg"
            : head.StartsWith("fLaC"u8) ? "audio/flac"
            : head.StartsWith("ID3"u8) || (head.Length > 1 && head[0] == 0xFF && (head[1] & 0xE6) == 0xE2) ? "audio/mpeg"
            : IsText(head) ? "text/plain"
            : "application/octet-stream");
    }

    // Programs of Windows, Linux, Apple, Android and Java, scripts that say what runs them, and shortcuts.
    private static string? ProgramOf(ReadOnlySpan<byte> head) =>
        head.StartsWith("MZ"u8) && head.Length >= 64 && head[..64].Contains((byte)0) ? "PE"
        : Starts(head, 0x7F, 'E', 'L', 'F') ? "ELF"
        : Starts(head, 0xFE, 0xED, 0xFA, 0xCE) || Starts(head, 0xFE, 0xED, 0xFA, 0xCF) || Starts(head, 0xCE, 0xFA, 0xED, 0xFE) || Starts(head, 0xCF, 0xFA, 0xED, 0xFE) ? "Mach-O"
        : Starts(head, 0xCA, 0xFE, 0xBA, 0xBE) ? "Java, Mach-O"
        : head.StartsWith("dex\n"u8) ? "DEX"
        : head.StartsWith("\0asm"u8) ? "WebAssembly"
        : head.StartsWith("#!"u8) ? "#!"
        : head.StartsWith("ITSF"u8) ? "CHM"
        : Starts(head, 0x4C, 0, 0, 0, 0x01, 0x14, 0x02, 0) ? "LNK"
        : null;

    private static string Riff(ReadOnlySpan<byte> form) =>
        form.SequenceEqual("WEBP"u8) ? "image/webp" : form.SequenceEqual("WAVE"u8) ? "audio/wav" : form.SequenceEqual("AVI "u8) ? "video/x-msvideo" : "application/octet-stream";

    private static string Ftyp(ReadOnlySpan<byte> brand) =>
        brand.StartsWith("hei"u8) || brand.StartsWith("mif1"u8) || brand.StartsWith("hev"u8) ? "image/heic"
        : brand.StartsWith("avi"u8) ? "image/avif"
        : brand.StartsWith("M4A"u8) ? "audio/mp4"
        : brand.StartsWith("qt"u8) ? "video/quicktime"
        : "video/mp4";

    // UTF-8 without control characters but those of text; the last character may be cut in two.
    private static bool IsText(ReadOnlySpan<byte> head)
    {
        if (Starts(head, 0xFF, 0xFE) || Starts(head, 0xFE, 0xFF)) return true;
        foreach (var b in head)
            if (b is < 32 and not (9 or 10 or 12 or 13 or 27)) return false;
        while (head.Length > 0)
        {
            switch (Rune.DecodeFromUtf8(head, out _, out var length))
            {
                case OperationStatus.Done: break;
                case OperationStatus.NeedMoreData: return true;
                default: return false;
            }
            head = head[length..];
        }
        return true;
    }

    private static bool Starts(ReadOnlySpan<byte> head, params ReadOnlySpan<int> bytes)
    {
        if (head.Length < bytes.Length) return false;
        for (var i = 0; i < bytes.Length; i++)
            if (head[i] != bytes[i]) return false;
        return true;
    }
}
