using SkiaSharp;

namespace Hub.Domain.Storage;

/// <summary>A picture's size as it is seen, and a small WebP of it; none where it is too large to be opened, or cannot be read.</summary>
public sealed record Picture(int Width, int Height, byte[]? Small);

/// <summary>Makes small pictures of large ones. One at a time, so that a crowd of photographs takes no more memory than the largest.</summary>
public sealed class Thumbnails : IDisposable
{
    /// <summary>Width and height of a thumbnail at most.</summary>
    public const int Side = 640;

    /// <summary>Pixels of a picture that is opened at most: what it says of itself is read first, so that a small file cannot fill the memory.</summary>
    public const long MostPixels = 50_000_000;

    private const int Quality = 80;

    private readonly SemaphoreSlim turn = new(1);

    /// <summary>The picture in a file (PNG, JPEG, GIF or WebP); null if it is none.</summary>
    public async Task<Picture?> OfAsync(string path, CancellationToken ct = default)
    {
        await turn.WaitAsync(ct);
        try
        {
            return await Task.Run(() => Make(path), ct);
        }
        finally
        {
            turn.Release();
        }
    }

    public void Dispose() => turn.Dispose();

    private static Picture? Make(string path)
    {
        using var codec = SKCodec.Create(path);
        if (codec is null || codec.Info is not { Width: > 0, Height: > 0 } info) return null;
        var turned = codec.EncodedOrigin is SKEncodedOrigin.LeftTop or SKEncodedOrigin.RightTop or SKEncodedOrigin.RightBottom or SKEncodedOrigin.LeftBottom;
        var (width, height) = turned ? (info.Height, info.Width) : (info.Width, info.Height);
        return new Picture(width, height, (long)width * height > MostPixels ? null : Small(codec, width, height));
    }

    private static byte[]? Small(SKCodec codec, int width, int height)
    {
        var scale = Math.Min(1f, (float)Side / Math.Max(width, height));
        // Some formats are cheaper to read small; the rest is scaled afterwards.
        var read = codec.GetScaledDimensions(scale);
        using var bitmap = SKBitmap.Decode(codec, new SKImageInfo(read.Width, read.Height));
        if (bitmap is null) return null;
        var size = new SKImageInfo(Math.Max(1, (int)MathF.Round(width * scale)), Math.Max(1, (int)MathF.Round(height * scale)));
        using var surface = SKSurface.Create(size);
        if (surface is null) return null;
        Turn(surface.Canvas, codec.EncodedOrigin, size.Width, size.Height);
        var (w, h) = (int)codec.EncodedOrigin >= (int)SKEncodedOrigin.LeftTop ? (size.Height, size.Width) : (size.Width, size.Height);
        using var image = SKImage.FromBitmap(bitmap);
        surface.Canvas.DrawImage(image, new SKRect(0, 0, w, h), new SKSamplingOptions(SKFilterMode.Linear, SKMipmapMode.Linear));
        using var small = surface.Snapshot();
        using var data = small.Encode(SKEncodedImageFormat.Webp, Quality);
        return data?.ToArray();
    }

    // How the camera was held (Exif 2.32, tag 274), for a picture of this size as it is seen.
    private static void Turn(SKCanvas canvas, SKEncodedOrigin origin, int width, int height)
    {
        var matrix = origin switch
        {
            SKEncodedOrigin.TopRight => new SKMatrix(-1, 0, width, 0, 1, 0, 0, 0, 1),
            SKEncodedOrigin.BottomRight => new SKMatrix(-1, 0, width, 0, -1, height, 0, 0, 1),
            SKEncodedOrigin.BottomLeft => new SKMatrix(1, 0, 0, 0, -1, height, 0, 0, 1),
            SKEncodedOrigin.LeftTop => new SKMatrix(0, 1, 0, 1, 0, 0, 0, 0, 1),
            SKEncodedOrigin.RightTop => new SKMatrix(0, -1, width, 1, 0, 0, 0, 0, 1),
            SKEncodedOrigin.RightBottom => new SKMatrix(0, -1, width, -1, 0, height, 0, 0, 1),
            SKEncodedOrigin.LeftBottom => new SKMatrix(0, 1, 0, -1, 0, height, 0, 0, 1),
            _ => SKMatrix.Identity,
        };
        canvas.SetMatrix(matrix);
    }
}
