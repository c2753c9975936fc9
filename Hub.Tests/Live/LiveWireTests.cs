using System.Text;
using System.Text.Json;
using Hub.Domain.Chat;
using Hub.Domain.Live;

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
    public void What_another_version_tells_is_left_to_the_version_check()
    {
        var known = Encoding.UTF8.GetString(LiveWire.Write(Node, new LiveSignal(new LiveEvent(Topic.Me(Guid.NewGuid()), 7, "conversation-left", new ConversationLeft(Guid.NewGuid())))));
        Assert.NotNull(LiveWire.Read(Encoding.UTF8.GetBytes(known)).Signal);
        var unknown = known.Replace(nameof(ConversationLeft), "SomethingNew", StringComparison.Ordinal);
        Assert.Equal((Node, null), LiveWire.Read(Encoding.UTF8.GetBytes(unknown)));
        Assert.Throws<JsonException>(() => LiveWire.Read("nonsense"u8));
    }
}
