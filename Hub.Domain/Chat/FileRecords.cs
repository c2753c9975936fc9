using Hub.Domain.Storage;

namespace Hub.Domain.Chat;

/// <summary>A file as a message shows it.</summary>
/// <remarks>
/// ContentType: What its bytes say, whatever its sender said.
/// Length: Bytes.
/// Width, Height: Of a picture, pixels.
/// Thumbnail: True if there is a small picture of it.
/// Finding: Of a quarantined file, what the virus scanner calls what it found.
/// </remarks>
public sealed record FileCard(Guid Id, string Name, string ContentType, long Length, FileState State, int? Width, int? Height, bool Thumbnail, string Finding)
{
    internal static FileCard Of(StoredFile f) => new(f.Id, f.Name, f.ContentType, f.Length, f.State, f.Width, f.Height, f.HasThumbnail, f.Finding);
}

/// <summary>How far an upload has come.</summary>
/// <remarks>
/// Offset: Bytes that are there; the next ones begin with this.
/// Length: Bytes of the whole file.
/// File: The file, once it is whole and was looked at.
/// </remarks>
public sealed record FileUpload(Guid Id, long Offset, long Length, FileCard? File);

/// <summary>A file to be read; whoever takes it closes <paramref name="Content"/>, which can be read from any place.</summary>
/// <param name="Inline">True for pictures, which a browser may show; everything else is only ever saved.</param>
public sealed record OpenedFile(FileCard Card, string Hash, DateTime StoredAt, bool Inline, Stream Content);

/// <summary>What a virus scanner says.</summary>
public enum Scanned
{
    Clean,
    /// <summary>It found what <see cref="ScanAnswer.Finding"/> names.</summary>
    Infected,
    /// <summary>It takes no files of this size.</summary>
    TooLarge,
    /// <summary>It did not answer; again later.</summary>
    Away,
    /// <summary>There is none.</summary>
    Unscanned,
}

public sealed record ScanAnswer(Scanned Said, string Finding = "");

/// <summary>A virus scanner.</summary>
public interface IFileScanner
{
    /// <summary>Has the bytes looked at, to their end. Never throws because of the scanner: that is <see cref="Scanned.Away"/>.</summary>
    Task<ScanAnswer> ScanAsync(Stream content, CancellationToken ct);
}

/// <summary>Where no scanner is configured.</summary>
internal sealed class NoScanner : IFileScanner
{
    public Task<ScanAnswer> ScanAsync(Stream content, CancellationToken ct) => Task.FromResult(new ScanAnswer(Scanned.Unscanned));
}
