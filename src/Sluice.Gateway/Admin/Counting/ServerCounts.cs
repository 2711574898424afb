using Sluice.Mcp;

namespace Sluice.Gateway;

/// <summary>What came of the calls to one server since the gateway started, and by seconds and ten seconds over the last minutes and hour.</summary>
/// <remarks>Thread safety: any number of threads.</remarks>
internal sealed class ServerCounts
{
    /// <summary>Over how many complete seconds a rate is taken.</summary>
    private const int RateSeconds = 5;

    private readonly StepCounter _seconds = new(HistorySpan.FiveMinutes.Steps);
    private readonly StepCounter _tenSeconds = new(HistorySpan.Hour.Steps);
    private readonly StepCounter _minutes = new(LimitCounts.Minutes);
    private long _allowed;
    private long _refused;
    private long _wouldRefuse;
    private long _unmetered;
    private long _invalid;

    /// <summary>The numbers so far.</summary>
    /// <param name="second">The running second.</param>
    internal CallCounts Read(long second)
    {
        long[] allowed = new long[RateSeconds + 1];
        long[] refused = new long[RateSeconds + 1];
        _seconds.AddTo(second, allowed, refused);
        double Rate(long[] counts) => (double)(counts.Sum() - counts[^1]) / RateSeconds;
        return new CallCounts(
            Interlocked.Read(ref _allowed),
            Interlocked.Read(ref _refused),
            Interlocked.Read(ref _wouldRefuse),
            Interlocked.Read(ref _unmetered),
            Interlocked.Read(ref _invalid),
            new CallRate(Rate(allowed), Rate(refused)));
    }

    /// <summary>Adds the newest steps to those of other servers.</summary>
    internal void AddTo(HistorySpan span, long second, long[] allowed, long[] refused) =>
        (span == HistorySpan.FiveMinutes ? _seconds : _tenSeconds).AddTo(second / span.StepSeconds, allowed, refused);

    /// <summary>The last hour by minutes; the last one is running.</summary>
    internal (long[] Allowed, long[] Refused) ByMinutes(long second) => _minutes.Read(second / 60);

    /// <summary>Counts a call that was decided.</summary>
    internal void Count(bool isAllowed, bool wouldRefuse, long second)
    {
        Interlocked.Increment(ref isAllowed ? ref _allowed : ref _refused);
        if (wouldRefuse)
        {
            Interlocked.Increment(ref _wouldRefuse);
        }

        CountStep(isAllowed, second);
    }

    /// <summary>Counts a call that no limit decided.</summary>
    internal void CountUndecided(CallOutcome outcome) =>
        Interlocked.Increment(ref outcome == CallOutcome.Invalid ? ref _invalid : ref _unmetered);

    private void CountStep(bool isAllowed, long second)
    {
        _seconds.Count(second / HistorySpan.FiveMinutes.StepSeconds, isAllowed);
        _tenSeconds.Count(second / HistorySpan.Hour.StepSeconds, isAllowed);
        _minutes.Count(second / 60, isAllowed);
    }
}
