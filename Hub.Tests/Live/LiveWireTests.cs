using System.Text;
using System.Text.Json;
using Hub.Domain.Chat;
using Hub.Domain.Live;
using Hub.Domain.People;

namespace Hub.Tests.Live;

/// <summary>What goes from node to node. That every event of the hub comes over whole is shown by <see cref="StaleAndFreshTests"/>.</summary>
public sealed class LiveWireTests
{
    private static readonly Guid Node = Guid.NewGuid();

    [Fact]
    public void A_question_about_permissions_comes_over()
    {
        var (topic, person) = (Topic.Conversation(Guid.NewGuid()), Guid.NewGuid());
        foreach (var signal in new LiveSignal[] { new(null, topic, person), new(null, topic), new(null, null, person) })
            Assert.Equal((Node, signal), LiveWire.Read(LiveWire.Write(Node, signal)));
    }

    [Fact]
    public void Presence_comes_over_and_a_version_that_knows_none_leaves_it_alone()
    {
        PresenceEntry[] people = [new(Guid.NewGuid(), PresenceState.Online, PresenceState.Offline, PresenceState.Away)];
        foreach (var presence in new NodePresence[] { new(Guid.NewGuid(), 7, 6, people), new(Guid.NewGuid(), 7, null, people, Asks: true), new(Guid.NewGuid(), 0, 0, [], Ended: true) })
        {
            var bytes = LiveWire.Write(Node, new LiveSignal(null, Presence: presence));
            var (node, signal) = LiveWire.Read(bytes);
            Assert.Equal((Node, null, null, null), (node, signal!.Event, signal.RecheckTopic, signal.RecheckPerson));
            Assert.Equal(presence with { People = [] }, signal.Presence! with { People = [] });
            Assert.Equal(presence.People, signal.Presence!.People);
            // A name without a topic is nothing; without a name it would be a question about everybody's permissions.
            using var json = JsonDocument.Parse(bytes);
            Assert.Equal((JsonValueKind.Null, JsonValueKind.String), (json.RootElement.GetProperty("Kind").ValueKind, json.RootElement.GetProperty("Name").ValueKind));
        }
    }

    [Fact]
    public void What_another_version_tells_is_left_to_the_version_check()
    {
        var known = Encoding.UTF8.GetString(LiveWire.Write(Node, new LiveSignal(new LiveEvent(Topic.Me(Guid.NewGuid()), 7, "conversation-left", new ConversationLeft(Guid.NewGuid())))));
        Assert.NotNull(LiveWire.Read(Encoding.UTF8.GetBytes(known)).Signal);
        var unknown = known.Replace(nameof(ConversationLeft), "SomethingNew", StringComparison.Ordinal);
        Assert.Equal((Node, null), LiveWire.Read(Encoding.UTF8.GetBytes(unknown)));
        Assert.Throws<JsonException>(() => LiveWire.Read("nonsense"u8));
    }
}
