using System.Threading.Channels;
using Hub.Domain.Chat;
using Hub.Domain.Live;
using Hub.Domain.People;
using Hub.Web.Live;
using Microsoft.Extensions.DependencyInjection;

namespace Hub.Tests.Chat;

/// <summary>Somebody who has a conversation open on one node, and follows it as the pages do.</summary>
internal sealed class ChatWitness : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly ServiceProvider node;
    private readonly Actor actor;
    private readonly Guid place;
    private readonly Func<MessageRecord, string> row;
    private readonly Following following;
    private readonly SemaphoreSlim turn = new(1);
    private readonly Channel<bool> moved = Channel.CreateUnbounded<bool>();
    private SortedDictionary<long, string> rows = [];
    private LiveWatch? watch;
    private int members;

    private ChatWitness(ServiceProvider node, Actor actor, Guid place, Func<MessageRecord, string> row)
    {
        (this.node, this.actor, this.place, this.row) = (node, actor, place, row);
        following = new Following(LoadAsync, Apply, () => Ended = true);
    }

    /// <summary>The version that it shows.</summary>
    public long Version { get; private set; }

    /// <summary>How often the whole conversation was loaded.</summary>
    public int Loads { get; private set; }

    /// <summary>True once it was told that it may not watch any more.</summary>
    public bool Ended { get; private set; }

    /// <summary>Null for whoever may not see the place.</summary>
    public static async Task<ChatWitness?> StartAsync(ServiceProvider node, Actor actor, Guid place, Func<MessageRecord, string> row)
    {
        var witness = new ChatWitness(node, actor, place, row);
        await witness.turn.WaitAsync();
        witness.watch = await node.GetRequiredService<LiveBus>().WatchAsync(actor, Topic.Conversation(place), witness.TakeAsync);
        if (witness.watch is null) return null;
        await witness.following.LoadAsync();
        witness.turn.Release();
        return witness;
    }

    /// <summary>What it shows, once it is at this version; or that its watch ended.</summary>
    /// <exception cref="TimeoutException">Neither came.</exception>
    public async Task<string> ShownAsync(long until)
    {
        while (true)
        {
            await turn.WaitAsync();
            try
            {
                if (Ended) return "ended";
                if (Version >= until) return $"v{Version} of {members}\n{string.Join('\n', rows.Select(r => $"{r.Key} {r.Value}"))}";
            }
            finally
            {
                turn.Release();
            }
            await moved.Reader.ReadAsync().AsTask().WaitAsync(Patience);
        }
    }

    public void Dispose() => watch?.Dispose();

    private async Task TakeAsync(LiveNews news)
    {
        await turn.WaitAsync();
        try
        {
            await following.TakeAsync(news);
        }
        finally
        {
            turn.Release();
            moved.Writer.TryWrite(true);
        }
    }

    private async Task<long> LoadAsync()
    {
        Loads++;
        while (true)
        {
            var card = (await node.GetRequiredService<ChatService>().GetAsync(actor, place)).Value;
            var page = (await node.GetRequiredService<MessageService>().PageAsync(actor, place, limit: 200)).Value;
            // Both of one version, so that no change of members falls between them.
            if (page.Version != card.Version) continue;
            (rows, members) = (new(page.Items.ToDictionary(m => m.Sequence, row)), card.Members);
            return Version = page.Version;
        }
    }

    private bool Apply(LiveEvent e)
    {
        Version = e.Version;
        switch (e.Payload)
        {
            case MessageRecord m when e.Name == "message-posted": return rows.TryAdd(m.Sequence, row(m)) && m.Sequence == rows.Count;
            case MessageRecord m when e.Name is "message-edited" or "message-deleted": return rows.Remove(m.Sequence) && rows.TryAdd(m.Sequence, row(m));
            case MemberChange when e.Name == "member-joined": members++; return true;
            case MemberChange when e.Name == "member-left": members--; return true;
            default: return false;
        }
    }
}
