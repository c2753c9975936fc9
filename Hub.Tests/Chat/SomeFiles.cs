using System.Buffers.Binary;
using System.IO.Compression;
using SkiaSharp;

namespace Hub.Tests.Chat;

/// <summary>Files of the kinds that people send, and of those that they should not.</summary>
internal static class SomeFiles
{
    public static byte[] Png(int width = 1200, int height = 800) => Picture(width, height, SKEncodedImageFormat.Png);

    /// <summary>A photograph that the camera took while it was held upright: stored lying, to be shown turned (Exif orientation 6).</summary>
    public static byte[] TurnedJpeg(int width = 1200, int height = 800)
    {
        var jpeg = Picture(width, height, SKEncodedImageFormat.Jpeg);
        byte[] exif = [0xFF, 0xE1, 0, 34, .. "Exif\0\0"u8, .. "MM\0*"u8, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0];
        return [.. jpeg[..2], .. exif, .. jpeg[2..]];
    }

    /// <summary>A PNG of a few hundred bytes that says that it is this large: opened, it would fill the memory.</summary>
    public static byte[] PngThatSays(int width, int height)
    {
        var png = Png(8, 8);
        BinaryPrimitives.WriteInt32BigEndian(png.AsSpan(16), width);
        BinaryPrimitives.WriteInt32BigEndian(png.AsSpan(20), height);
        BinaryPrimitives.WriteUInt32BigEndian(png.AsSpan(29), Crc(png.AsSpan(12, 17)));
        return png;
    }

    /// <summary>Zips in a zip, 20 MB of zeros in each: what would unpack it would not end soon.</summary>
    public static byte[] ZipBomb()
    {
        var inner = Zip(("zeros", new byte[20_000_000]));
        return Zip([.. Enumerable.Range(0, 20).Select(i => ($"{i}.zip", inner))]);
    }

    public static byte[] Zip(params (string Name, byte[] Bytes)[] entries)
    {
        using var packed = new MemoryStream();
        using (var zip = new ZipArchive(packed, ZipArchiveMode.Create, leaveOpen: true))
            foreach (var (name, bytes) in entries)
            {
                using var entry = zip.CreateEntry(name).Open();
                entry.Write(bytes);
            }
        return packed.ToArray();
    }

    /// <summary>The beginning of a Windows program.</summary>
    public static byte[] Program() => [.. "MZ"u8, 0x90, 0, 3, 0, 0, 0, .. new byte[52], 0x80, 0, 0, 0, .. new byte[64], .. "PE\0\0"u8, .. new byte[200]];

    // Of a PNG's chunk (ISO 3309).
    private static uint Crc(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var b in bytes)
        {
            crc ^= b;
            for (var i = 0; i < 8; i++) crc = (crc & 1) == 0 ? crc >> 1 : (crc >> 1) ^ 0xEDB88320;
        }
        return ~crc;
    }

    private static byte[] Picture(int width, int height, SKEncodedImageFormat format)
    {
        using var bitmap = new SKBitmap(width, height);
        using (var canvas = new SKCanvas(bitmap))
        {
            canvas.Clear(SKColors.SteelBlue);
            using var paint = new SKPaint { Color = SKColors.Orange };
            canvas.DrawCircle(width / 3f, height / 3f, height / 4f, paint);
        }
        using var image = SKImage.FromBitmap(bitmap);
        using var data = image.Encode(format, 85);
        return data.ToArray();
    }
}
