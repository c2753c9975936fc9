using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Hub.Tests.Chat;

/// <summary>
/// A virus scanner on a port of its own that speaks clamd's protocol as the real one does: commands begin with z and end with NUL, INSTREAM's chunks
/// come after their length, a stream above the limit is refused in its middle. It knows one virus, the test virus.
/// </summary>
internal sealed class FakeClamd : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource over = new();
    private readonly Task accepting;

    public FakeClamd()
    {
        listener.Start();
        Address = $"127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}";
        accepting = AcceptAsync();
    }

    public string Address { get; }

    /// <summary>Bytes of a stream at most (StreamMaxLength).</summary>
    public int Most { get; set; } = 25_000_000;

    /// <summary>Whether it ends every connection without an answer.</summary>
    public bool Away { get; set; }

    /// <summary>Whether it has its signatures.</summary>
    public bool Knows { get; set; } = true;

    public string Version { get; set; } = "ClamAV 1.0.7/27450/Fri Nov 27 09:32:11 2026";

    public async ValueTask DisposeAsync()
    {
        await over.CancelAsync();
        listener.Stop();
        await accepting;
        over.Dispose();
    }

    private async Task AcceptAsync()
    {
        var answering = new List<Task>();
        try
        {
            while (true) answering.Add(AnswerAsync(await listener.AcceptTcpClientAsync(over.Token)));
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(answering);
        }
    }

    private async Task AnswerAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                if (Away) return;
                await using var stream = client.GetStream();
                var answer = await CommandAsync(stream) switch
                {
                    "zPING" => "PONG",
                    "zVERSION" => Version,
                    "zINSTREAM" => await ScanAsync(stream),
                    _ => "UNKNOWN COMMAND",
                };
                await stream.WriteAsync(Encoding.ASCII.GetBytes(answer + '\0'), over.Token);
            }
            catch (Exception e) when (e is IOException or OperationCanceledException)
            {
                // They went away, or the test is over.
            }
        }
    }

    private async Task<string> CommandAsync(Stream from)
    {
        var (command, one) = (new StringBuilder(), new byte[1]);
        while (await from.ReadAsync(one, over.Token) == 1 && one[0] != 0) command.Append((char)one[0]);
        return command.ToString();
    }

    private async Task<string> ScanAsync(Stream from)
    {
        var (all, length) = (new MemoryStream(), new byte[4]);
        while (true)
        {
            await from.ReadExactlyAsync(length, over.Token);
            var size = BinaryPrimitives.ReadUInt32BigEndian(length);
            if (size == 0) break;
            if (all.Length + size > Most) return "INSTREAM size limit exceeded. ERROR";
            var chunk = new byte[size];
            await from.ReadExactlyAsync(chunk, over.Token);
            all.Write(chunk);
        }
        return Knows && Encoding.Latin1.GetString(all.ToArray()).Contains("EICAR-STANDARD-ANTIVIRUS-TEST-FILE", StringComparison.Ordinal) ? "stream: Win.Test.EICAR_HDB-1 FOUND" : "stream: OK";
    }
}
