using System.Threading.Channels;
using Hub.Domain.Live;

namespace Hub.Tests.Live;

/// <summary>Two nodes that hear of each other: what goes from one bus to the other goes as bytes, in order, and can be cut.</summary>
internal sealed class NodeWire : IAsyncDisposable
{
    private readonly List<(Channel<byte[]> Bytes, Task Pump)> ways = [];

    public NodeWire(LiveBus one, LiveBus other)
    {
        Join(one, other);
        Join(other, one);
    }

    /// <summary>While true, what is told is lost.</summary>
    public bool Cut { get; set; }

    private void Join(LiveBus from, LiveBus to)
    {
        var bytes = Channel.CreateUnbounded<byte[]>();
        from.ForOtherNodes += signal =>
        {
            if (!Cut) bytes.Writer.TryWrite(LiveWire.Write(Guid.Empty, signal));
        };
        ways.Add((bytes, PumpAsync()));

        async Task PumpAsync()
        {
            await foreach (var message in bytes.Reader.ReadAllAsync()) await to.ReceiveAsync(LiveWire.Read(message).Signal!);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var (bytes, pump) in ways)
        {
            bytes.Writer.Complete();
            await pump;
        }
    }
}
