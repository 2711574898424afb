namespace Sluice.Redis.Tests;

/// <summary>What happened to the calls of a run.</summary>
internal sealed class SimulationCounts
{
    internal int Calls;
    internal int FromShares;
    internal int FromRemainder;

    /// <summary>Calls that one exact store would have admitted.</summary>
    internal int Exact;

    /// <summary>Messages and calls that were sent to the store.</summary>
    internal int Commands;

    /// <summary>Admitted calls over those that one exact store would have admitted.</summary>
    internal double AdmittedRatio => (FromShares + FromRemainder) / (double)Exact;
}
