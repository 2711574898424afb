namespace Sluice.Redis.Tests;

/// <summary>
/// One process of the simulation: its clock, its lane, and what has befallen it. Instants are nanoseconds of true time.
/// </summary>
internal sealed class SimulatedProcess(int index, long offsetMicros, int driftPerMillion, ShareNumbers numbers)
{
    internal int Index { get; } = index;

    internal ShareNumbers Numbers { get; set; } = numbers;

    internal required FlawedLane Lane { get; set; }

    internal long FrozenUntil { get; set; }

    internal long CutFrom { get; set; } = long.MaxValue;

    internal long CutUntil { get; set; }

    /// <summary>Changes when the process is started again: what was on its way to the old one is lost.</summary>
    internal int Life { get; set; }

    internal Dictionary<string, long> Lent { get; } = [];

    /// <summary>Its monotonic clock, in microseconds.</summary>
    internal long Clock(long nanos) => offsetMicros + (long)((nanos + ((Int128)nanos * driftPerMillion / 1_000_000)) / 1000);

    internal bool IsCut(long nanos) => nanos >= CutFrom && nanos < CutUntil;
}
