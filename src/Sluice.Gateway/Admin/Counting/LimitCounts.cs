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

    private readonly StepCounter _minutes = new(Minutes);
    private long _allowed;
    private long _refused;
    private long _wouldRefuse;

    /// <summary>Calls that the limit admitted.</summary>
    internal long Allowed => Interlocked.Read(ref _allowed);

    /// <summary>Calls that the limit rejected.</summary>
    internal long Refused => Interlocked.Read(ref _refused);

    /// <summary>Calls that the limit would have rejected if it were not permissive.</summary>
    internal long WouldRefuse => Interlocked.Read(ref _wouldRefuse);

    internal void Count(bool isAllowed, bool isPermissive, long second)
    {
        Interlocked.Increment(ref isAllowed ? ref _allowed : ref isPermissive ? ref _wouldRefuse : ref _refused);
        if (isAllowed || !isPermissive)
        {
            _minutes.Count(second / 60, isAllowed);
        }
    }

    /// <summary>The last hour by minutes; the last one is running.</summary>
    internal (long[] Allowed, long[] Refused) ByMinutes(long second) => _minutes.Read(second / 60);
}
