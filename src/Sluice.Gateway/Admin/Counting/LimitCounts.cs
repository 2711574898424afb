namespace Sluice.Gateway;

/// <summary>What one limit has answered since the gateway started, and by minutes over the last hour.</summary>
/// <remarks>
/// <para>It counts what the limit answers by itself, whatever the other limits of the call say.</para>
/// <para>Thread safety: any number of threads.</para>
/// </remarks>
internal sealed class LimitCounts
{
    /// <summary>How many minutes are remembered.</summary>
    internal const int Minutes = 60;

    private readonly CallTotals _totals = new();
    private readonly StepHistory _minutes;
    private long _wouldRefuse;

    internal LimitCounts() => _minutes = new StepHistory(Minutes, _totals);

    /// <summary>Calls that the limit admitted.</summary>
    internal long Allowed => _totals.Allowed;

    /// <summary>Calls that the limit rejected.</summary>
    internal long Refused => _totals.Refused;

    /// <summary>Calls that the limit would have rejected if it were not permissive.</summary>
    internal long WouldRefuse => Interlocked.Read(ref _wouldRefuse);

    internal void Count(bool isAllowed, bool isPermissive, long second)
    {
        if (isPermissive && !isAllowed)
        {
            Interlocked.Increment(ref _wouldRefuse);
            return;
        }

        _minutes.Begin(second / 60);
        _totals.Count(isAllowed);
    }

    /// <summary>The last hour by minutes; the last one is running.</summary>
    internal (long[] Allowed, long[] Refused) ByMinutes(long second) => _minutes.Read(second / 60);
}
