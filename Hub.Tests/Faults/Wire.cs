using System.Net;
using System.Net.Sockets;

namespace Hub.Tests.Faults;

/// <summary>A wire between programs of a test and a port of this machine, which is cut where its kind says, and otherwise carries everything.</summary>
internal abstract class Wire(int target) : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource over = new();
    private Task accepting = Task.CompletedTask;

    /// <summary>The near end.</summary>
    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    public void Open()
    {
        listener.Start(512);
        accepting = AcceptAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await over.CancelAsync();
        listener.Dispose();
        await accepting;
        over.Dispose();
    }

    protected abstract Talk Begin();

    private async Task AcceptAsync()
    {
        try
        {
            while (true) _ = CarryAsync(await listener.AcceptSocketAsync(over.Token));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task CarryAsync(Socket near)
    {
        using var far = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        using (near)
        {
            try
            {
                await far.ConnectAsync(new IPEndPoint(IPAddress.Loopback, target), over.Token);
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException)
            {
                return;
            }
            (near.NoDelay, far.NoDelay) = (true, true);
            var talk = Begin();
            var cut = await await Task.WhenAny(PumpAsync(near, far, talk.Asked), PumpAsync(far, near, talk.Answered));
            if (cut) (near.LingerState, far.LingerState) = (new LingerOption(true, 0), new LingerOption(true, 0));
        }
    }

    // True if it was cut; false if one side had ended.
    private async Task<bool> PumpAsync(Socket from, Socket to, Func<ReadOnlyMemory<byte>, int> pass)
    {
        try
        {
            await using var onward = new NetworkStream(to, ownsSocket: false);
            var buffer = new byte[64 * 1024];
            for (int length; (length = await from.ReceiveAsync(buffer, over.Token)) > 0;)
            {
                var passed = pass(buffer.AsMemory(0, length));
                if (passed > 0) await onward.WriteAsync(buffer.AsMemory(0, passed), over.Token);
                if (passed < length) return true;
            }
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // One side has gone.
        }
        return false;
    }

    /// <summary>One connection. Each gives how many of the bytes go on; fewer than all, and the connection is cut behind them.</summary>
    protected abstract class Talk
    {
        public abstract int Asked(ReadOnlyMemory<byte> bytes);

        public abstract int Answered(ReadOnlyMemory<byte> bytes);
    }
}

/// <summary>One kind of cut: so many of the next occasions are taken.</summary>
internal sealed class Cut
{
    private readonly Lock gate = new();
    private TaskCompletionSource done = new();
    private int left;

    public int Made { get; private set; }

    /// <summary>Asks for cuts; ends when they have been made.</summary>
    public Task NextAsync(int times)
    {
        lock (gate)
        {
            (left, done) = (times, new(TaskCreationOptions.RunContinuationsAsynchronously));
            return done.Task;
        }
    }

    /// <summary>True if this occasion is to be cut.</summary>
    public bool Take()
    {
        lock (gate)
        {
            if (left == 0) return false;
            Made++;
            if (--left == 0) done.SetResult();
            return true;
        }
    }
}

/// <summary>
/// Between the nodes and PostgreSQL (its protocol 3.0, "Message Formats"; without TLS): cut at the COMMIT of a post, an edit or a reaction, which then never
/// arrives, or at the answer to it, which the hub then never sees.
/// </summary>
internal sealed class PostgresWire(int target) : Wire(target)
{
    public Cut BeforeCommit { get; } = new();

    public Cut AfterCommit { get; } = new();

    protected override Talk Begin() => new Session(this);

    private sealed class Session(PostgresWire wire) : Talk
    {
        private readonly List<byte> waiting = [];
        private bool begun, posting;
        private volatile bool committing;

        public override int Asked(ReadOnlyMemory<byte> bytes)
        {
            waiting.AddRange(bytes.Span);
            while (TryTake(out var kind, out var body))
            {
                if (kind == 'P' && (body.AsSpan().IndexOf("INSERT INTO \"Messages\""u8) >= 0 || body.AsSpan().IndexOf("INSERT INTO \"MessageVersions\""u8) >= 0 || body.AsSpan().IndexOf("INSERT INTO \"Reactions\""u8) >= 0)) posting = true;
                var commit = kind == 'Q' && body.AsSpan().StartsWith("COMMIT"u8);
                if (kind == 'Q' && body.AsSpan().StartsWith("ROLLBACK"u8)) posting = false;
                if (!commit || !posting) continue;
                posting = false;
                if (wire.BeforeCommit.Take()) return 0;
                committing = true;
            }
            return bytes.Length;
        }

        public override int Answered(ReadOnlyMemory<byte> bytes)
        {
            if (!committing) return bytes.Length;
            committing = false;
            // CommandComplete of COMMIT, and nothing else: only then is it a cut after the commit.
            return bytes.Span[0] == 'C' && bytes.Span.IndexOf("COMMIT"u8) >= 0 && wire.AfterCommit.Take() ? 0 : bytes.Length;
        }

        // The first message has no kind; the others are a byte, a length that counts itself, and a body.
        private bool TryTake(out char kind, out byte[] body)
        {
            (kind, body) = (' ', []);
            var from = begun ? 1 : 0;
            if (waiting.Count < from + 4) return false;
            var all = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(waiting);
            var length = from + System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(all[from..]);
            if (all.Length < length) return false;
            if (begun) kind = (char)all[0];
            body = all[(from + 4)..length].ToArray();
            waiting.RemoveRange(0, length);
            return begun = true;
        }
    }
}

/// <summary>Between programs and the hub: cut after a post, an edit or a reaction was delivered, before its answer, or in the middle of it.</summary>
internal sealed class HttpWire(int target) : Wire(target)
{
    public Cut BeforeAnswer { get; } = new();

    public Cut InAnswer { get; } = new();

    protected override Talk Begin() => new Exchange(this);

    private sealed class Exchange(HttpWire wire) : Talk
    {
        private volatile bool posting;

        public override int Asked(ReadOnlyMemory<byte> bytes)
        {
            // One request at a time: this program pipelines none.
            if (bytes.Span.StartsWith("POST /api/v1/conversations/"u8) || bytes.Span.StartsWith("PUT /api/v1/messages/"u8)) posting = true;
            return bytes.Length;
        }

        public override int Answered(ReadOnlyMemory<byte> bytes)
        {
            if (!posting) return bytes.Length;
            posting = false;
            // What was refused was not stored: only an acknowledgement that gets lost counts.
            if (!bytes.Span.StartsWith("HTTP/1.1 20"u8)) return bytes.Length;
            return wire.BeforeAnswer.Take() ? 0 : wire.InAnswer.Take() ? bytes.Length / 2 : bytes.Length;
        }
    }
}
