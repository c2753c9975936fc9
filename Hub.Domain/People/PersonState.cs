using System.Runtime.InteropServices;

namespace Hub.Domain.People;

/// <summary>How somebody is, in one word for others. Leave, sickness and training are all "absent": which is their supervisor's to know.</summary>
public enum PersonState { Offline, OffShift, Absent, Away, Online, InMeeting, DoNotDisturb }

/// <summary>A half-open stretch of time, UTC.</summary>
[StructLayout(LayoutKind.Auto)]
public readonly record struct Stretch(DateTime From, DateTime To)
{
    public bool Holds(DateTime at) => From <= at && at < To;
}

/// <summary>What is known of somebody at one moment beside their open pages.</summary>
/// <param name="OnShift">Null for who has no shift pattern.</param>
/// <param name="Absent">On leave, sick or in training.</param>
/// <param name="InMeeting">In a meeting that they accepted or organise.</param>
/// <param name="Own">What they said by hand.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct Standing(bool? OnShift, bool Absent, bool InMeeting, OwnState Own);

public static class PersonStates
{
    /// <summary>
    /// The one word. What they said themselves comes first; then what somebody at a page is doing; then why nobody is there. A meeting
    /// counts for who is at a page or should be at work: the weekly meeting of somebody on leave says nothing.
    /// </summary>
    public static PersonState Of(PresenceState page, Standing now)
    {
        if (now.Own == OwnState.DoNotDisturb) return PersonState.DoNotDisturb;
        if (page == PresenceState.Offline && now.Absent) return PersonState.Absent;
        if (page == PresenceState.Offline && now.OnShift == false) return PersonState.OffShift;
        if (now.InMeeting) return PersonState.InMeeting;
        if (page == PresenceState.Offline) return PersonState.Offline;
        return page == PresenceState.Away || now.Own == OwnState.Away ? PersonState.Away : PersonState.Online;
    }
}
