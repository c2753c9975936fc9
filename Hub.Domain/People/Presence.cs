using System.Runtime.InteropServices;
using Hub.Domain.Live;

namespace Hub.Domain.People;

/// <summary>Whether somebody is at the hub. The greater of two is the better: a person who is online anywhere is online.</summary>
public enum PresenceState
{
    /// <summary>No page of theirs is open, as far as this node has heard.</summary>
    Offline,
    /// <summary>A page is open, and nobody has touched it for five minutes or seen it for one.</summary>
    Away,
    /// <summary>Somebody is at a page.</summary>
    Online,
}

/// <summary>What a page is open on, as its browser tells.</summary>
public enum PresenceDevice { Desktop, Tablet, Phone }

/// <summary>How somebody is on one kind of device; never offline.</summary>
public sealed record DevicePresence(PresenceDevice Kind, PresenceState State);

/// <summary>How somebody is now, and on what: the best first, each kind of device at most once. Payload of <c>presence-changed</c>.</summary>
public sealed record PersonPresence(Guid PersonId, PresenceState State, IReadOnlyList<DevicePresence> Devices) : ILivePayload
{
    /// <summary>The one word for others, of pages, shifts, meetings and what they said themselves.</summary>
    public PersonState Now { get; init; }

    /// <summary>Null for who has no shift pattern. When a shift ends or begins is told to the unit alone.</summary>
    public bool? OnShift { get; init; }
}

/// <summary>The best state of one person's pages on each kind of device: on one node, or on all.</summary>
[StructLayout(LayoutKind.Auto)]
public readonly record struct PresenceEntry(Guid PersonId, PresenceState Desktop, PresenceState Tablet, PresenceState Phone)
{
    internal PresenceEntry With(PresenceDevice device, PresenceState state) => device switch
    {
        PresenceDevice.Phone => this with { Phone = Better(Phone, state) },
        PresenceDevice.Tablet => this with { Tablet = Better(Tablet, state) },
        _ => this with { Desktop = Better(Desktop, state) },
    };

    internal PresenceEntry With(PresenceEntry other) => new(PersonId, Better(Desktop, other.Desktop), Better(Tablet, other.Tablet), Better(Phone, other.Phone));

    internal bool Anywhere => Better(Desktop, Better(Tablet, Phone)) != PresenceState.Offline;

    internal PersonPresence Seen(Standing standing) => new(PersonId, Better(Desktop, Better(Tablet, Phone)),
        [.. new DevicePresence[] { new(PresenceDevice.Desktop, Desktop), new(PresenceDevice.Tablet, Tablet), new(PresenceDevice.Phone, Phone) }.Where(d => d.State != PresenceState.Offline).OrderByDescending(d => d.State)])
    {
        Now = PersonStates.Of(Better(Desktop, Better(Tablet, Phone)), standing), OnShift = standing.OnShift,
    };

    private static PresenceState Better(PresenceState one, PresenceState other) => one > other ? one : other;
}

/// <summary>What one node tells the others of the people at its own pages.</summary>
/// <param name="Node">The node, new with each start.</param>
/// <param name="Revision">Counts its changes.</param>
/// <param name="Since">Revision from which <paramref name="People"/> are the changes, so that whoever has that one lacks nothing; null when they are everyone.</param>
/// <param name="People">Who changed, or everyone; offline for who left.</param>
/// <param name="Asks">It lacks what some other node told: the others tell everyone.</param>
/// <param name="Ended">It ends: nobody is there any more.</param>
public sealed record NodePresence(Guid Node, long Revision, long? Since, IReadOnlyList<PresenceEntry> People, bool Asks = false, bool Ended = false);
