namespace Hub.Domain.Live;

/// <summary>What a node says of itself.</summary>
public enum NodeState { Starting, Ready, Draining, Ended }

/// <summary>How a node hears of the others: not at all (no Redis is configured), at once, or late (Redis is away; the version check finds what changed).</summary>
public enum NodeLink { Alone, Together, Late }

/// <summary>One start of the hub on one machine. It says every few seconds that it lives; a restart is another one.</summary>
public sealed class Node
{
    public Guid Id { get; set; }
    /// <summary>Machine and port, or what <c>Node:Name</c> calls it.</summary>
    public required string Name { get; set; }
    /// <summary>Informational version of the build: <c>1.0.0+{commit}</c>.</summary>
    public required string Version { get; set; }
    public DateTime StartedAt { get; set; }
    /// <summary>When it last said that it lives, or that it ends.</summary>
    public DateTime SeenAt { get; set; }
    public NodeState State { get; set; }
    /// <summary>Pages that are connected to it.</summary>
    public int Pages { get; set; }
    public NodeLink Link { get; set; }
}
