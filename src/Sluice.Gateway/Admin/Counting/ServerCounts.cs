using Sluice.Mcp;

namespace Sluice.Gateway;

/// <summary>
/// The outcomes of the calls to one server since the gateway started, and by seconds and ten seconds over the last minutes and hour.
/// </summary>
/// <remarks>Thread safety: any number of threads.</remarks>
internal sealed class ServerCounts
{
    /// <summary>Over how many complete seconds a rate is taken.</summary>
    private const int RateSeconds = 5;

    private readonly CallTotals _totals = new();
    private readonly StepHistory _seconds;
    private readonly StepHistory _tenSeconds;
    private readonly StepHistory _minutes;
    private long _newestSecond;
    private long _wouldRefuse;
    private long _unmetered;
    private long _invalid;

    internal ServerCounts()
    {
        _seconds = new StepHistory(HistorySpan.FiveMinutes.Steps, _totals);
        _tenSeconds = new StepHistory(HistorySpan.Hour.Steps, _totals);
        _minutes = new StepHistory(LimitCounts.Minutes, _totals);
    }

    /// <summary>The numbers so far.</summary>
    /// <param name="second">The running second.</param>
    internal CallCounts Read(long second)
    {
        long[] allowed = new long[RateSeconds + 1];
        long[] refused = new long[RateSeconds + 1];
        _seconds.AddTo(second, allowed, refused);
        double Rate(long[] counts) => (double)(counts.Sum() - counts[^1]) / RateSeconds;
        return new CallCounts(
            _totals.Allowed,
            _totals.Refused,
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
        if (wouldRefuse)
        {
            Interlocked.Increment(ref _wouldRefuse);
        }

        if (second > Volatile.Read(ref _newestSecond))
        {
            BeginSecond(second);
        }

        _totals.Count(isAllowed);
    }

    /// <summary>Counts a call that no limit decided.</summary>
    internal void CountUndecided(CallOutcome outcome) =>
        Interlocked.Increment(ref outcome == CallOutcome.Invalid ? ref _invalid : ref _unmetered);

    private void BeginSecond(long second)
    {
        _seconds.Begin(second / HistorySpan.FiveMinutes.StepSeconds);
        _tenSeconds.Begin(second / HistorySpan.Hour.StepSeconds);
        _minutes.Begin(second / 60);
        Volatile.Write(ref _newestSecond, second); // Another thread may begin it too, or write an older one: then it begins once more.
    }
}
