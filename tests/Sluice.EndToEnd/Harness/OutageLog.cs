namespace Sluice.EndToEnd;

/// <summary>What became of the calls of a time.</summary>
/// <param name="Calls">All calls.</param>
/// <param name="Admitted">Those that were admitted.</param>
/// <param name="Took">From the first call to the last answer.</param>
internal sealed record OutageLog(int Calls, int Admitted, TimeSpan Took)
{
    /// <summary>The tokens that the limit refills in that time.</summary>
    internal int Refilled => (int)Math.Ceiling(SharingGateways.Tokens * (Took / SharingGateways.Period));

    /// <summary>One time after another.</summary>
    public static OutageLog operator +(OutageLog one, OutageLog other) =>
        new(one.Calls + other.Calls, one.Admitted + other.Admitted, one.Took + other.Took);
}
