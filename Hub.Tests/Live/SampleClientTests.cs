using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Threading.Channels;
using Hub.Domain.Chat;
using Hub.Domain.People;
using Hub.Tests.Shell;

namespace Hub.Tests.Live;

/// <summary>docs/samples/live-client against a hub, by a wire that is cut.</summary>
[Collection(InBrowser.Name)]
public sealed class SampleClientTests(HubServer server)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task It_prints_what_is_said_and_after_a_lost_connection_what_it_missed_once_and_in_order()
    {
        var amara = (await server.Get<PeopleService>().ActorByEmailAsync("amara.osei@northbridge.example"))!;
        var channel = (await server.Get<ChatService>().CreateChannelAsync(amara, new NewChannel("sampled"))).Value.Id;
        var token = (await server.Get<AccessTokenService>().CreateAsync(amara, "sample", 1, ["chat:read"])).Value;
        await SayAsync("before it came");
        await using var wire = new Cut(new Uri(server.Address).Port);
        using var client = Start(wire.Port, channel, token);
        var (printed, told) = (Lines(client, of => client.OutputDataReceived += of), Lines(client, of => client.ErrorDataReceived += of));
        client.BeginOutputReadLine();
        client.BeginErrorReadLine();
        try
        {
            Assert.Equal("1 Amara Osei: before it came", await NextAsync(printed));
            Assert.StartsWith("following from version", await NextAsync(told), StringComparison.Ordinal);
            var second = await SayAsync("while it looks");
            Assert.Equal("2 Amara Osei: while it looks", await NextAsync(printed));

            wire.Sever();
            await SayAsync("while it is away");
            await SayAsync("and once more");
            await server.Get<MessageService>().EditAsync(amara, second, "while it looked", 1);
            wire.Mend();
            Assert.Equal(["3 Amara Osei: while it is away", "4 Amara Osei: and once more", "2 Amara Osei (edited): while it looked"], new[] { await NextAsync(printed), await NextAsync(printed), await NextAsync(printed) });
            await SayAsync("back again");
            Assert.Equal("5 Amara Osei: back again", await NextAsync(printed));
        }
        finally
        {
            client.Kill(entireProcessTree: true);
        }

        // Who may not see it is told so, and it ends.
        using var other = Start(new Uri(server.Address).Port, Guid.NewGuid(), token);
        await other.WaitForExitAsync(new CancellationTokenSource(Patience).Token);
        Assert.Equal((1, "not-found"), (other.ExitCode, (await other.StandardError.ReadToEndAsync()).Trim()));

        // As is whose token is none, at once.
        using var stranger = Start(new Uri(server.Address).Port, channel, "hub_none");
        await stranger.WaitForExitAsync(new CancellationTokenSource(Patience).Token);
        Assert.Equal((1, "401"), (stranger.ExitCode, (await stranger.StandardError.ReadToEndAsync()).Trim()[..3]));

        async Task<Guid> SayAsync(string text) => (await server.Get<MessageService>().PostAsync(amara, channel, Guid.NewGuid(), text)).Value.Message.Id;
    }

    // The browser driver of the tests brings its own Node.
    private static Process Start(int port, Guid channel, string token)
    {
        var top = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(top.FullName, "HubPortal.sln"))) top = top.Parent!;
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, $".playwright/node/linux-{(RuntimeInformation.ProcessArchitecture == System.Runtime.InteropServices.Architecture.Arm64 ? "arm64" : "x64")}/node"), [Path.Combine(top.FullName, "docs/samples/live-client/client.mjs"), $"http://127.0.0.1:{port}", channel.ToString()])
        {
            UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        start.Environment["HUB_TOKEN"] = token;
        return Process.Start(start)!;
    }

    private static ChannelReader<string> Lines(Process client, Action<DataReceivedEventHandler> attach)
    {
        var lines = Channel.CreateUnbounded<string>();
        attach((_, e) =>
        {
            if (e.Data is not null) lines.Writer.TryWrite(e.Data);
        });
        client.EnableRaisingEvents = true;
        return lines.Reader;
    }

    private static async Task<string> NextAsync(ChannelReader<string> lines) => await lines.ReadAsync(new CancellationTokenSource(Patience).Token);

    /// <summary>A port that leads to another one, until it is cut: then every connection breaks, and none comes up.</summary>
    private sealed class Cut : IAsyncDisposable
    {
        private readonly TcpListener listener = new(IPAddress.Loopback, 0);
        private readonly ConcurrentBag<TcpClient> open = [];
        private readonly int to;
        private volatile bool severed;

        public Cut(int to)
        {
            this.to = to;
            listener.Start();
            _ = AcceptAsync();
        }

        public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

        public void Sever()
        {
            severed = true;
            while (open.TryTake(out var one)) one.Close();
        }

        public void Mend() => severed = false;

        public ValueTask DisposeAsync()
        {
            listener.Stop();
            Sever();
            return ValueTask.CompletedTask;
        }

        private async Task AcceptAsync()
        {
            while (true)
            {
                TcpClient near;
                try
                {
                    near = await listener.AcceptTcpClientAsync();
                }
                catch (Exception e) when (e is SocketException or ObjectDisposedException or InvalidOperationException)
                {
                    return;
                }
                if (severed)
                {
                    near.Close();
                    continue;
                }
                var far = new TcpClient();
                await far.ConnectAsync(IPAddress.Loopback, to);
                open.Add(near);
                open.Add(far);
                _ = CarryAsync(near, far);
                _ = CarryAsync(far, near);
            }
        }

        private static async Task CarryAsync(TcpClient from, TcpClient into)
        {
            try
            {
                await from.GetStream().CopyToAsync(into.GetStream());
            }
            catch (Exception e) when (e is IOException or ObjectDisposedException or InvalidOperationException)
            {
                // It was cut.
            }
            from.Close();
            into.Close();
        }
    }
}
