using System.Runtime.CompilerServices;

namespace Sluice;

/// <summary>Instants in whole ticks since the store's origin, which never go back.</summary>
/// <remarks>
/// <para>
/// The system's timestamps never go back by themselves, across threads either. Those of any other provider may, so of these the
/// latest that anybody has seen is kept, and a smaller one counts as that.
/// </para>
/// <para>Thread safety: any thread may read it.</para>
/// </remarks>
internal sealed class StoreClock
{
    private readonly TimeProvider _time;
    private readonly long _originTimestamp;
    private readonly ulong _frequency;
    private readonly bool _isSystem;
    private readonly bool _isInNanoseconds;
    private ulong _latestTicks = LimitNumbers.OriginTicks;

    internal StoreClock(TimeProvider time)
    {
        _time = time;
        _isSystem = ReferenceEquals(time, TimeProvider.System);
        _frequency = (ulong)time.TimestampFrequency;
        _isInNanoseconds = _frequency == 1_000_000_000;
        _originTimestamp = time.GetTimestamp();
        EpochTicks = (time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks;
    }

    /// <summary>Ticks from the Unix epoch to the origin by the wall clock, which is never asked again.</summary>
    internal long EpochTicks { get; }

    /// <summary>
    /// Asks a provider that is not the system's. Somebody else's code runs here and may throw, so no lock may be held.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Ask()
    {
        if (!_isSystem)
        {
            AskProvider();
        }
    }

    /// <summary>The instant, at least <see cref="LimitNumbers.OriginTicks"/> and below 2^63 + 2^51. Does not throw.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal ulong NowTicks()
    {
        if (!_isSystem)
        {
            return Volatile.Read(ref _latestTicks);
        }

        ulong elapsed = (ulong)(TimeProvider.System.GetTimestamp() - _originTimestamp);
        return LimitNumbers.OriginTicks + (_isInNanoseconds ? elapsed / 100 : ToTicks(elapsed));
    }

    private void AskProvider()
    {
        Int128 elapsed = (Int128)_time.GetTimestamp() - _originTimestamp;
        ulong ticks = LimitNumbers.OriginTicks + ToTicks((UInt128)Int128.Max(elapsed, 0));
        ulong latest = Volatile.Read(ref _latestTicks);
        ulong expected;
        do
        {
            expected = latest;
            latest = Interlocked.CompareExchange(ref _latestTicks, Math.Max(ticks, expected), expected);
        }
        while (latest != expected);
    }

    private ulong ToTicks(UInt128 elapsed) =>
        (ulong)UInt128.Min(elapsed * TimeSpan.TicksPerSecond / _frequency, long.MaxValue);
}
