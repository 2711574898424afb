namespace Sluice.Gateway;

/// <summary>The outcomes of calls, as numbers.</summary>
/// <param name="Allowed">Calls that went on.</param>
/// <param name="Refused">Calls that were rejected, for now or for good.</param>
/// <param name="WouldRefuse">Allowed calls that a permissive limit would have rejected.</param>
/// <param name="Unmetered">Calls to which no limit applies.</param>
/// <param name="Invalid">Requests that could not be read as a call.</param>
/// <param name="PerSecond">The rate now.</param>
internal sealed record CallCounts(long Allowed, long Refused, long WouldRefuse, long Unmetered, long Invalid, CallRate PerSecond)
{
    internal static CallCounts None { get; } = new(0, 0, 0, 0, 0, new CallRate(0, 0));

    /// <summary>The numbers of two servers together.</summary>
    public static CallCounts operator +(CallCounts left, CallCounts right) => new(
        left.Allowed + right.Allowed,
        left.Refused + right.Refused,
        left.WouldRefuse + right.WouldRefuse,
        left.Unmetered + right.Unmetered,
        left.Invalid + right.Invalid,
        new CallRate(left.PerSecond.Allowed + right.PerSecond.Allowed, left.PerSecond.Refused + right.PerSecond.Refused));
}

/// <summary>Calls a second, over the last five complete seconds.</summary>
internal sealed record CallRate(double Allowed, double Refused);
