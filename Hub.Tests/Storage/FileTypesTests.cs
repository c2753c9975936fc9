using System.Text;
using Hub.Domain.Storage;
using Hub.Tests.Chat;

namespace Hub.Tests.Storage;

public sealed class FileTypesTests
{
    [Theory]
    [InlineData("photo.jpg", "photo.jpg")]
    [InlineData(@"C:\Users\amara\Desktop\photo.jpg", "photo.jpg")]
    [InlineData("../../etc/passwd", "passwd")]
    [InlineData("  a   b\t\n.txt  ", "a b.txt")]
    [InlineData("gpj.\u202Eexe", "gpj.exe")]
    [InlineData("a\0b\u0007c.txt", "abc.txt")]
    [InlineData("evil.exe. . ", "evil.exe")]
    [InlineData("a<b>:c\"d|e?f*.txt", "a_b__c_d_e_f_.txt")]
    [InlineData("con.txt", "con_.txt")]
    [InlineData(".htaccess", "htaccess")]
    [InlineData("...", "file")]
    [InlineData("", "file")]
    [InlineData("Zoe\u0308 👮‍♀️ Ωμέγα.pdf", "Zoë 👮‍♀️ Ωμέγα.pdf")]
    [InlineData("\uD800broken.txt", "broken.txt")]
    public void Names_are_cleaned(string name, string expected) => Assert.Equal(expected, FileNames.Clean(name));

    [Theory]
    [InlineData("x")]
    [InlineData("👮")]
    public void A_long_name_keeps_its_ending(string letter)
    {
        var name = FileNames.Clean(string.Concat(Enumerable.Repeat(letter, 400)) + ".docx");
        Assert.InRange(name.Length, FileNames.Most - 1, FileNames.Most);
        Assert.EndsWith(letter + ".docx", name, StringComparison.Ordinal);
        Assert.True(FileNames.Clean("a." + new string('x', 400)).Length <= FileNames.Most);
    }

    [Theory]
    [InlineData("a.EXE", ".exe")]
    [InlineData("a.pdf.Js", ".js")]
    [InlineData("a.lnk", ".lnk")]
    [InlineData("a.jar", ".jar")]
    [InlineData("a.docx", null)]
    [InlineData("exe", null)]
    public void Names_of_programs_are_known(string name, string? ending) => Assert.Equal(ending, FileTypes.ProgramEnding(name));

    public static TheoryData<string, byte[], string, string?> Heads() => new()
    {
        { "a.png", SomeFiles.Png(4, 4), "image/png", null },
        { "a.jpg", SomeFiles.TurnedJpeg(8, 8), "image/jpeg", null },
        { "a.gif", Ascii("GIF89a\u0001"), "image/gif", null },
        { "a.webp", Ascii("RIFF....WEBPVP8 "), "image/webp", null },
        { "a.pdf", Ascii("%PDF-1.7\n"), "application/pdf", null },
        { "a.docx", SomeFiles.Zip(("a", [1])), "application/vnd.openxmlformats-officedocument.wordprocessingml.document", null },
        { "a.zip", SomeFiles.Zip(("a", [1])), "application/zip", null },
        { "a.pdf", SomeFiles.Zip(("a", [1])), "application/zip", null },
        { "a.msg", [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1], "application/vnd.ms-outlook", null },
        { "a.7z", [.. "7z"u8, 0xBC, 0xAF, 0x27, 0x1C], "application/x-7z-compressed", null },
        { "a.mp4", Ascii("\0\0\0\u0018ftypisom"), "video/mp4", null },
        { "a.heic", Ascii("\0\0\0\u0018ftypheic"), "image/heic", null },
        { "a.txt", "Grüße, 👮"u8.ToArray(), "text/plain", null },
        { "a.txt", "Grüße, 👮"u8[..^2].ToArray(), "text/plain", null },
        { "a.svg", Ascii("<svg onload=\"alert(1)\">"), "text/plain", null },
        { "a.txt", [1, 2, 3, 4], "application/octet-stream", null },
        { "a.txt", [0xC3, 0x28], "application/octet-stream", null },
        { "MZ.txt", Ascii("MZ are two letters, and this is a text that is longer than sixty-four of them"), "text/plain", null },
        { "a.jpg", SomeFiles.Program(), "application/octet-stream", "PE" },
        { "a.jpg", [0x7F, .. "ELF"u8, 2, 1, 1], "application/octet-stream", "ELF" },
        { "a", [0xCF, 0xFA, 0xED, 0xFE, 7], "application/octet-stream", "Mach-O" },
        { "a.txt", Ascii("#!/usr/bin/env python3\n"), "application/octet-stream", "#!" },
        { "a.doc", [0x4C, 0, 0, 0, 0x01, 0x14, 0x02, 0, 0], "application/octet-stream", "LNK" },
    };

    [Theory, MemberData(nameof(Heads))]
    public void What_a_file_is_is_told_by_its_bytes(string name, byte[] head, string type, string? program) => Assert.Equal(new FileType(type, program), FileTypes.Of(head, name));

    private static byte[] Ascii(string text) => Encoding.ASCII.GetBytes(text);
}
