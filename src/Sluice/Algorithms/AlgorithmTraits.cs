namespace Sluice;

/// <summary>What sets an algorithm apart, beside its functions.</summary>
/// <param name="Name">As configuration spells it.</param>
/// <param name="Text">As a sentence calls it.</param>
/// <param name="Time">What the instant of its state is.</param>
internal sealed record AlgorithmTraits(string Name, string Text, StateTime Time)
{
    /// <summary>Whether a rate of it is made by a refill period. The windows of a calendar have none.</summary>
    internal bool HasPeriod => Time != StateTime.WindowEnd;

    /// <summary>Whether the first call of a window decides when the window starts.</summary>
    internal bool StartsWindows => Time == StateTime.WindowStart;

    /// <summary>Whether the instant of its state is one that has passed. No call can be charged before it.</summary>
    internal bool HasPastTime => Time is StateTime.NewestCall or StateTime.WindowStart;
}
