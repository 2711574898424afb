using System.Runtime.CompilerServices;

namespace Sluice;

/// <summary>Instants in whole ticks since the store's origin, which never go back.</summary>
/// <remarks>
/// <para>
/// <see cref="TimeProvider.System"/> is replaced by <see cref="BootTimeProvider"/>, whose timestamps count the time in which the
/// machine sleeps and never go back, across threads either. Those of any other provider may, so the clock keeps the latest
/// that any thread has seen, and a smaller one counts as that.
/// </para>
/// <para>Thread safety: any thread may read it.</para>
/// </remarks>
internal sealed class StoreClock
{
    /// <summary>A shorter time asleep is the distance between two readings that are not made at one instant.</summary>
    private static readonly TimeSpan ShortestSleep = TimeSpan.FromMilliseconds(100);

    private readonly TimeProvider _time;
    private readonly SleepCountingTimeProvider? _sleepCounting;
    private readonly long _originTimestamp;
    private readonly ulong _frequency;
    private readonly bool _isSystem;
    private readonly bool _isInNanoseconds;
    private ulong _latestTicks = LimitNumbers.OriginTicks;
    private long _sleptTicks;
    private long _epochTicks;

    internal StoreClock(TimeProvider time)
    {
        _time = BootTimeProvider.For(time);
        _sleepCounting = _time as SleepCountingTimeProvider;
        _isSystem = ReferenceEquals(_time, BootTimeProvider.Instance);
        _frequency = (ulong)_time.TimestampFrequency;
        _isInNanoseconds = _frequency == 1_000_000_000;
        _sleptTicks = _sleepCounting?.Slept.Ticks ?? 0;
        _originTimestamp = _time.GetTimestamp();
        _epochTicks = WallTicks();
    }

    /// <summary>Ticks from the Unix epoch to the origin, by the wall clock as it was read last.</summary>
    internal long EpochTicks => Volatile.Read(ref _epochTicks);

    /// <summary>Reads the wall clock again if the machine has slept; it may have been set while nothing ran.</summary>
    /// <returns>Whether it has slept, so that <see cref="EpochTicks"/> is another. No lock may be held.</returns>
    internal bool FollowWallAfterSleep()
    {
        if (_sleepCounting is null)
        {
            return false;
        }

        long last = Volatile.Read(ref _sleptTicks);
        long slept = _sleepCounting.Slept.Ticks;
        if (Math.Abs(slept - last) < ShortestSleep.Ticks || Interlocked.CompareExchange(ref _sleptTicks, slept, last) != last)
        {
            return false;
        }

        long elapsed = (long)ToTicks((ulong)(_time.GetTimestamp() - _originTimestamp));
        Volatile.Write(ref _epochTicks, WallTicks() - elapsed);
        return true;
    }

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

        ulong elapsed = (ulong)(BootTimeProvider.Timestamp() - _originTimestamp);
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

    private long WallTicks() => (_time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks;

    private ulong ToTicks(UInt128 elapsed) =>
        (ulong)UInt128.Min(elapsed * TimeSpan.TicksPerSecond / _frequency, long.MaxValue);
}
