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
    private readonly ISystemClock? _system;
    private readonly long _originTimestamp;
    private readonly ulong _frequency;
    private readonly bool _isInNanoseconds;
    private readonly long _originWallTicks;
    private ulong _latestTicks = LimitNumbers.OriginTicks;
    private ulong _calendarTicks = LimitNumbers.OriginTicks;
    private bool _isCalendarFollowed;
    private long _sleptTicks;
    private long _epochTicks;

    internal StoreClock(TimeProvider time)
    {
        _time = BootTimeProvider.For(time);
        _sleepCounting = _time as SleepCountingTimeProvider;
        _system = _time as ISystemClock;
        _frequency = (ulong)_time.TimestampFrequency;
        _isInNanoseconds = _frequency == 1_000_000_000;
        _sleptTicks = _sleepCounting?.Slept.Ticks ?? 0;
        _originTimestamp = _time.GetTimestamp();
        _epochTicks = WallTicks();
        _originWallTicks = _epochTicks + DateTime.UnixEpoch.Ticks;
    }

    /// <summary>Whether it may be read at any moment of a call. If not, <see cref="UpdateFromProvider"/> comes first.</summary>
    internal bool IsSystem => _system is not null;

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

    /// <summary>The edges of a calendar by this clock's calendar; null for none.</summary>
    internal StoreEdges? EdgesOf(CalendarEdges? calendar)
    {
        if (calendar is null)
        {
            return null;
        }

        Volatile.Write(ref _isCalendarFollowed, true);
        return new StoreEdges(calendar, _originWallTicks - (long)LimitNumbers.OriginTicks, stepTicks: 1);
    }

    /// <summary>Reads the wall clock for limits of a calendar. Code of the application may run here, so no lock may be held.</summary>
    /// <returns>What it shows, as <see cref="StoreInstant.CalendarTicks"/> counts it; at least 1.</returns>
    internal ulong AskWall() =>
        (ulong)Math.Max(1, WallTicks() + DateTime.UnixEpoch.Ticks - _originWallTicks + (long)LimitNumbers.OriginTicks);

    /// <summary>
    /// Asks a provider that is not the system's. Code of the application runs here and may throw, so no lock may be held.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void UpdateFromProvider()
    {
        if (_system is null)
        {
            AskProvider();
        }
    }

    /// <summary>The instant, for code without steps.</summary>
    internal ulong NowTicks() => NowTicks<NoSteps>();

    /// <summary>The instant by both clocks, for code without steps.</summary>
    /// <param name="wall">What <see cref="AskWall"/> said, or 0.</param>
    internal StoreInstant Now(ulong wall) => Now<NoSteps>(wall);

    /// <summary>The instant, at least <see cref="LimitNumbers.OriginTicks"/> and below 2^63 + 2^51. Does not throw.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal ulong NowTicks<TSteps>()
        where TSteps : struct, ICommitSteps
    {
        if (_system is null)
        {
            return Volatile.Read(ref _latestTicks);
        }

        unchecked
        {
            ulong elapsed = (ulong)(TSteps.Timestamp(_system) - _originTimestamp); // Such a clock never goes back.
            return LimitNumbers.OriginTicks + (_isInNanoseconds ? elapsed / 100 : ToTicks(elapsed));
        }
    }

    /// <summary>The instant by both clocks. Does not throw.</summary>
    /// <param name="wall">What <see cref="AskWall"/> said before the locks were taken; 0 where no limit of the call follows the
    /// calendar.</param>
    internal StoreInstant Now<TSteps>(ulong wall)
        where TSteps : struct, ICommitSteps
    {
        ulong ticks = NowTicks<TSteps>();
        if (wall == 0)
        {
            // While no limit follows the calendar, all of its instants have passed.
            return new StoreInstant(ticks, Volatile.Read(ref _isCalendarFollowed) ? Volatile.Read(ref _calendarTicks) : ulong.MaxValue, 0);
        }

        ulong calendar = Latest(ref _calendarTicks, wall);
        return new StoreInstant(ticks, calendar, calendar - wall);
    }

    /// <summary>Keeps the latest of all readings of a clock.</summary>
    private static ulong Latest(ref ulong kept, ulong reading)
    {
        ulong latest = Volatile.Read(ref kept);
        while (reading > latest)
        {
            ulong found = Interlocked.CompareExchange(ref kept, reading, latest);
            latest = found == latest ? reading : found;
        }

        return latest;
    }

    private void AskProvider()
    {
        long timestamp = _time.GetTimestamp();
        if (_frequency == TimeSpan.TicksPerSecond && timestamp >= _originTimestamp && (_originTimestamp >= 0 || timestamp < 0))
        {
            _ = Latest(ref _latestTicks, LimitNumbers.OriginTicks + (ulong)(timestamp - _originTimestamp)); // Ticks already: no division.
            return;
        }

        Int128 elapsed = (Int128)timestamp - _originTimestamp;
        ulong ticks = LimitNumbers.OriginTicks + ToTicks((UInt128)Int128.Max(elapsed, 0));
        _ = Latest(ref _latestTicks, ticks);
    }

    private long WallTicks() => (_time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks;

    private ulong ToTicks(UInt128 elapsed) =>
        (ulong)UInt128.Min(elapsed * TimeSpan.TicksPerSecond / _frequency, long.MaxValue);
}
