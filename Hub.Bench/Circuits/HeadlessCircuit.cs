using System.Buffers;
using System.Globalization;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using MessagePack;

namespace Hub.Bench.Circuits;

/// <summary>Called with the bytes of each render batch, before it is acknowledged.</summary>
internal delegate void BatchSeen(ReadOnlySpan<byte> batch);

/// <summary>
/// A browser's part of one Blazor Server circuit, without the browser (docs/benchmarks.md): it opens the page, starts the
/// circuit, acknowledges every render batch, and reports the bytes of each. Compression is negotiated, as browsers do.
/// </summary>
internal sealed partial class HeadlessCircuit(BatchSeen batchSeen) : IAsyncDisposable
{
    private static readonly byte[] Ping = [0x91, 0x06];

    private readonly ClientWebSocket socket = new();
    private readonly SemaphoreSlim sending = new(1);
    private readonly CancellationTokenSource closed = new();
    private readonly TaskCompletionSource attached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task receiving = Task.CompletedTask;
    private Timer? ping;

    /// <summary>Bytes of all render batches so far.</summary>
    public long BatchBytes { get; private set; }

    /// <summary>Error that the server reported, if the circuit died.</summary>
    public string? Error { get; private set; }

    /// <summary>Ends with the connection or the circuit, or when the hub asks the page to go on elsewhere.</summary>
    public Task Ended => ended.Task;

    /// <summary>Opens <paramref name="path"/> with the client's cookies and waits until the page is interactive.</summary>
    public async Task OpenAsync(HttpClient http, string cookies, string path, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (cookies.Length > 0) request.Headers.Add("Cookie", cookies);
        using var response = await http.SendAsync(request, ct);
        response.EnsureSuccessStatusCode();
        var page = await response.Content.ReadAsStringAsync(ct);
        var markers = Markers().Matches(page).Select(m => m.Groups["json"].Value).Where(j => j.Contains("\"type\"", StringComparison.Ordinal)).ToList();
        var state = State().Match(page) is { Success: true } s ? s.Groups["state"].Value : "";

        var address = new UriBuilder(new Uri(http.BaseAddress!, "/_blazor")) { Scheme = "ws" }.Uri;
        if (cookies.Length > 0) socket.Options.SetRequestHeader("Cookie", cookies);
        socket.Options.SetRequestHeader("Origin", http.BaseAddress!.GetLeftPart(UriPartial.Authority));
        socket.Options.DangerousDeflateOptions = new WebSocketDeflateOptions();
        await socket.ConnectAsync(address, ct);
        await socket.SendAsync(Encoding.UTF8.GetBytes("{\"protocol\":\"blazorpack\",\"version\":1}\u001e"), WebSocketMessageType.Text, true, ct);
        receiving = ReceiveAsync();
        await SendAsync("0", "StartCircuit", w =>
        {
            w.WriteArrayHeader(4);
            w.Write(http.BaseAddress!.ToString());
            w.Write(new Uri(http.BaseAddress!, path).ToString());
            w.Write("[]");
            w.Write(state);
        });
        await started.Task.WaitAsync(TimeSpan.FromSeconds(60), ct);
        var operations = markers.Select((m, i) => $"{{\"type\":\"add\",\"ssrComponentId\":{i + 1},\"marker\":{m}}}");
        await SendAsync(null, "UpdateRootComponents", w =>
        {
            w.WriteArrayHeader(2);
            w.Write($"{{\"batchId\":1,\"operations\":[{string.Join(',', operations)}]}}");
            w.Write(state);
        });
        ping = new Timer(_ => _ = SendFrameAsync(Ping), null, TimeSpan.FromSeconds(8), TimeSpan.FromSeconds(8));
        await attached.Task.WaitAsync(TimeSpan.FromSeconds(60), ct);
    }

    /// <summary>What the browser tells when a link within the hub is clicked.</summary>
    public Task FollowLinkAsync(Uri to) => SendAsync(null, "OnLocationChanged", w =>
    {
        w.WriteArrayHeader(3);
        w.Write(to.ToString());
        w.WriteNil();
        w.Write(true);
    });

    public async ValueTask DisposeAsync()
    {
        if (ping is not null) await ping.DisposeAsync();
        await closed.CancelAsync();
        socket.Abort();
        await receiving;
        socket.Dispose();
        closed.Dispose();
        sending.Dispose();
    }

    private async Task ReceiveAsync()
    {
        var buffer = new ArrayBufferWriter<byte>(64 * 1024);
        var handshake = false;
        try
        {
            while (true)
            {
                buffer.ResetWrittenCount();
                ValueWebSocketReceiveResult part;
                do
                {
                    part = await socket.ReceiveAsync(buffer.GetMemory(16 * 1024), closed.Token);
                    buffer.Advance(part.Count);
                }
                while (!part.EndOfMessage);
                if (part.MessageType == WebSocketMessageType.Close) throw new WebSocketException("closed by the server");
                var rest = buffer.WrittenMemory;
                if (!handshake)
                {
                    rest = rest[(rest.Span.IndexOf((byte)0x1e) + 1)..];
                    handshake = true;
                }
                while (rest.Length > 0)
                {
                    var (length, at) = VarInt(rest.Span);
                    await HandleAsync(rest.Slice(at, length));
                    rest = rest[(at + length)..];
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or WebSocketException or ObjectDisposedException)
        {
            if (!closed.IsCancellationRequested) Fail(e.Message);
        }
        finally
        {
            ended.TrySetResult();
        }
    }

    private void Fail(string why)
    {
        Error ??= why;
        ended.TrySetResult();
        started.TrySetException(new InvalidOperationException(why));
        attached.TrySetException(new InvalidOperationException(why));
    }

    private async Task HandleAsync(ReadOnlyMemory<byte> frame)
    {
        string target;
        long batch = 0, handle = 0;
        string? identifier = null;
        {
            var r = new MessagePackReader(frame);
            r.ReadArrayHeader();
            switch (r.ReadInt32())
            {
                case 3:
                    started.TrySetResult();
                    return;
                case 7:
                    Fail("the server closed the connection");
                    return;
                case 1:
                    break;
                default:
                    return;
            }
            r.Skip();
            r.Skip();
            target = r.ReadString() ?? "";
            var arguments = r.ReadArrayHeader();
            if (target == "JS.RenderBatch")
            {
                batch = r.ReadInt64();
                var bytes = r.ReadBytes()!.Value;
                BatchBytes += bytes.Length;
                batchSeen(bytes.IsSingleSegment ? bytes.FirstSpan : bytes.ToArray());
            }
            else if (target == "JS.BeginInvokeJS" && arguments >= 2)
            {
                handle = r.ReadInt64();
                identifier = r.ReadString();
            }
            else if (target == "JS.Error")
            {
                Fail(r.ReadString() ?? "error");
            }
        }
        if (target == "JS.RenderBatch")
        {
            await SendAsync(null, "OnRenderCompleted", w =>
            {
                w.WriteArrayHeader(2);
                w.Write(batch);
                w.WriteNil();
            });
        }
        else if (target == "JS.EndUpdateRootComponents")
        {
            attached.TrySetResult();
        }
        else if (handle != 0)
        {
            if (identifier == "hubMove") ended.TrySetResult();
            var answer = Answer(identifier ?? "");
            await SendAsync(null, "EndInvokeJSFromDotNet", w =>
            {
                w.WriteArrayHeader(3);
                w.Write(handle);
                w.Write(true);
                w.Write($"[{handle.ToString(CultureInfo.InvariantCulture)},true,{answer}]");
            });
        }
    }

    // MudBlazor asks for sizes when it starts and fails without real values; the rest is content with null.
    private static string Answer(string identifier) =>
        identifier.Contains("WindowSize", StringComparison.OrdinalIgnoreCase) ? JsonSerializer.Serialize(new { width = 1440, height = 900 })
        : identifier.Contains("BoundingClientRect", StringComparison.OrdinalIgnoreCase) ? JsonSerializer.Serialize(new { top = 0, left = 0, width = 100, height = 40 })
        : identifier == "import" ? "{\"__jsObjectId\":1}"
        : "null";

    private Task SendAsync(string? invocation, string target, Action<Writer> arguments)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        var w = new Writer(buffer);
        w.WriteArrayHeader(6);
        w.Write(1);
        w.WriteMapHeader();
        if (invocation is null) w.WriteNil();
        else w.Write(invocation);
        w.Write(target);
        arguments(w);
        w.WriteArrayHeader(0);
        return SendFrameAsync(buffer.WrittenMemory);
    }

    private async Task SendFrameAsync(ReadOnlyMemory<byte> frame)
    {
        var message = new byte[frame.Length + 5];
        var at = 0;
        for (var n = (uint)frame.Length; ; n >>= 7)
        {
            message[at++] = (byte)(n > 127 ? (n & 127) | 128 : n);
            if (n <= 127) break;
        }
        frame.CopyTo(message.AsMemory(at));
        try
        {
            await sending.WaitAsync(closed.Token);
            try
            {
                await socket.SendAsync(message.AsMemory(0, at + frame.Length), WebSocketMessageType.Binary, true, closed.Token);
            }
            finally
            {
                sending.Release();
            }
        }
        catch (Exception e) when (e is OperationCanceledException or WebSocketException or ObjectDisposedException)
        {
            // The receiving side reports why the connection ended.
        }
    }

    private static (int Length, int At) VarInt(ReadOnlySpan<byte> bytes)
    {
        int value = 0, shift = 0, at = 0;
        byte b;
        do
        {
            b = bytes[at++];
            value |= (b & 127) << shift;
            shift += 7;
        }
        while (b > 127);
        return (value, at);
    }

    [GeneratedRegex("<!--Blazor:(?<json>\\{.*?\\})-->", RegexOptions.ExplicitCapture, 5000)]
    private static partial Regex Markers();

    [GeneratedRegex("<!--Blazor-Server-Component-State:(?<state>[^-]*)-->", RegexOptions.ExplicitCapture, 5000)]
    private static partial Regex State();

    /// <summary>MessagePackWriter is a ref struct and cannot ride in a lambda: each call opens one on the same buffer.</summary>
    private readonly struct Writer(ArrayBufferWriter<byte> buffer)
    {
        public void WriteArrayHeader(int n) { var w = new MessagePackWriter(buffer); w.WriteArrayHeader(n); w.Flush(); }
        public void WriteMapHeader() { var w = new MessagePackWriter(buffer); w.WriteMapHeader(0); w.Flush(); }
        public void WriteNil() { var w = new MessagePackWriter(buffer); w.WriteNil(); w.Flush(); }
        public void Write(string s) { var w = new MessagePackWriter(buffer); w.Write(s); w.Flush(); }
        public void Write(long n) { var w = new MessagePackWriter(buffer); w.Write(n); w.Flush(); }
        public void Write(bool b) { var w = new MessagePackWriter(buffer); w.Write(b); w.Flush(); }
    }
}
