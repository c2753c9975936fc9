using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using Hub.Domain.Chat;

namespace Hub.Web.Integrations.Clamd;

/// <summary>
/// clamd by TCP, commands ended by NUL (clamd(8): <c>zINSTREAM</c>, <c>zVERSION</c>): chunks of the file, each after its length in four bytes, the last of
/// length 0; the answer is <c>stream: OK</c> or <c>stream: NAME FOUND</c>.
/// </summary>
internal sealed class ClamdScanner((string Host, int Port) address, ILogger log) : IFileScanner
{
    private const int Chunk = 64 * 1024;

    private static readonly TimeSpan ToConnect = TimeSpan.FromSeconds(5);

    /// <summary>How long a scan may take in all; clamd itself gives up on a file after 120 s.</summary>
    private static readonly TimeSpan ToScan = TimeSpan.FromSeconds(130);

    public async Task<ScanAnswer> ScanAsync(Stream content, CancellationToken ct)
    {
        using var late = CancellationTokenSource.CreateLinkedTokenSource(ct);
        late.CancelAfter(ToScan);
        try
        {
            var answer = await AskAsync("zINSTREAM\0", to => SendAsync(to, content, late.Token), late.Token);
            if (answer.EndsWith(": OK", StringComparison.Ordinal)) return new ScanAnswer(Scanned.Clean);
            if (answer.EndsWith(" FOUND", StringComparison.Ordinal)) return new ScanAnswer(Scanned.Infected, Name(answer));
            log.LogWarning("clamd answers: {Answer}", answer);
            return new ScanAnswer(answer.Contains("size limit exceeded", StringComparison.OrdinalIgnoreCase) ? Scanned.TooLarge : Scanned.Away);
        }
        catch (Exception e) when (e is IOException or SocketException || (e is OperationCanceledException && !ct.IsCancellationRequested))
        {
            log.LogWarning("clamd at {Host}:{Port} does not answer: {Reason}", address.Host, address.Port, e is OperationCanceledException ? "time is over" : e.Message);
            return new ScanAnswer(Scanned.Away);
        }
    }

    /// <summary>What it says it is: <c>ClamAV 1.0.7/27450/Fri Nov 27 09:32:11 2026</c>, the last being the time of its signatures.</summary>
    /// <exception cref="IOException">It does not answer.</exception>
    /// <exception cref="SocketException">It cannot be reached.</exception>
    public Task<string> VersionAsync(CancellationToken ct) => AskAsync("zVERSION\0", _ => Task.CompletedTask, ct);

    private async Task<string> AskAsync(string command, Func<Stream, Task> send, CancellationToken ct)
    {
        using var client = new TcpClient();
        using (var late = CancellationTokenSource.CreateLinkedTokenSource(ct))
        {
            late.CancelAfter(ToConnect);
            await client.ConnectAsync(address.Host, address.Port, late.Token);
        }
        await using var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(command), ct);
        // Heard while it is still told: a file that is too large is refused in its middle, and the connection ends.
        var answer = AnswerAsync(stream, ct);
        try
        {
            await send(stream);
        }
        catch (IOException) when (!ct.IsCancellationRequested)
        {
            return await answer;
        }
        return await answer;
    }

    private static async Task SendAsync(Stream to, Stream content, CancellationToken ct)
    {
        var chunk = new byte[sizeof(int) + Chunk];
        int length;
        do
        {
            length = await content.ReadAsync(chunk.AsMemory(sizeof(int)), ct);
            BinaryPrimitives.WriteInt32BigEndian(chunk, length);
            await to.WriteAsync(chunk.AsMemory(0, sizeof(int) + length), ct);
        }
        while (length > 0);
    }

    private static async Task<string> AnswerAsync(Stream from, CancellationToken ct)
    {
        var (answer, part) = (new List<byte>(), new byte[256]);
        int length;
        while ((length = await from.ReadAsync(part, ct)) > 0)
        {
            answer.AddRange(part.AsSpan(0, length));
            if (answer.Count > 4096 || answer[^1] is 0) break;
        }
        return answer.Count > 0 ? Encoding.UTF8.GetString([.. answer]).Split('\0')[0].Trim() : throw new IOException("the connection ended without an answer");
    }

    // "stream: Win.Test.EICAR_HDB-1 FOUND"
    private static string Name(string answer)
    {
        var name = answer[..^" FOUND".Length];
        name = name[(name.IndexOf(": ", StringComparison.Ordinal) + 1)..].Trim();
        return name.Length > 200 ? name[..200] : name;
    }
}
