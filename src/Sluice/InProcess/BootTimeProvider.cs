using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Sluice;

/// <summary>The system's time, with timestamps that also count the time in which the machine sleeps.</summary>
/// <remarks>
/// <para>
/// <see cref="TimeProvider.System"/> stops its timestamps while a machine is suspended, so no bucket would refill in that time.
/// The wall clock and the timers are the system's.
/// </para>
/// <para>
/// Source of the timestamps: <c>CLOCK_BOOTTIME</c> on Linux, <c>QueryInterruptTimePrecise</c> on Windows,
/// <c>mach_continuous_time</c> on macOS. Where a system has none of them, <see cref="TimeProvider.System"/>.
/// </para>
/// <para>Thread safety: every member may be called from any thread.</para>
/// </remarks>
internal sealed unsafe class BootTimeProvider : SleepCountingTimeProvider, ISystemClock
{
    private const int ClockMonotonic = 1; // Source of both numbers: linux/time.h.
    private const int ClockBootTime = 7;
    private const long NanosecondsPerSecond = 1_000_000_000;

    /// <summary>Linux: <c>clock_gettime</c>, looked up in the whole program, so that a library that replaces it is found.</summary>
    private static readonly delegate* unmanaged[SuppressGCTransition]<int, TimeSpec*, int> GetTime = FindGetTime();

    private BootTimeProvider()
    {
    }

    private enum TimestampSource
    {
        System,
        InterruptTime,
        ContinuousTime,
    }

    /// <summary>The one instance.</summary>
    internal static BootTimeProvider Instance { get; } = new();

    /// <inheritdoc/>
    public override long TimestampFrequency => Frequency;

    private static TimestampSource Other { get; } =
        OperatingSystem.IsWindows() ? TimestampSource.InterruptTime
        : OperatingSystem.IsMacOS() ? TimestampSource.ContinuousTime
        : TimestampSource.System;

    private static long Frequency { get; } = GetTime != null ? NanosecondsPerSecond : Other switch
    {
        TimestampSource.InterruptTime => TimeSpan.TicksPerSecond,
        TimestampSource.ContinuousTime => AppleClock.Frequency(),
        TimestampSource.System => System.TimestampFrequency,
        _ => throw new UnreachableException(),
    };

    /// <inheritdoc/>
    internal override TimeSpan Slept
    {
        get
        {
            long awake = AwakeTimestamp();
            return GetElapsedTime(awake, Timestamp());
        }
    }

    /// <inheritdoc/>
    public override long GetTimestamp() => Timestamp();

    /// <summary>A provider's time for deciding: the system's is replaced by this one, any other is used as it is.</summary>
    internal static TimeProvider For(TimeProvider time) => ReferenceEquals(time, System) ? Instance : time;

    /// <summary>A timestamp. A call of the C library without a change of the thread's state costs no more than a stopwatch's.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static long Timestamp()
    {
        if (GetTime == null)
        {
            return OtherTimestamp();
        }

        return Nanoseconds(ClockBootTime);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static long Nanoseconds(int clock)
    {
        TimeSpec time;
        _ = GetTime(clock, &time); // It succeeded once, and its arguments never change.
        return unchecked((time.Seconds * NanosecondsPerSecond) + time.Nanoseconds); // Some 292 years fit.
    }

    /// <summary>A timestamp of the same frequency that stops while the machine sleeps.</summary>
    private static long AwakeTimestamp()
    {
        if (GetTime != null)
        {
            return Nanoseconds(ClockMonotonic);
        }

        return Other switch
        {
            TimestampSource.InterruptTime => WindowsClock.Awake(),
            TimestampSource.ContinuousTime => AppleClock.Awake(),
            TimestampSource.System => System.GetTimestamp(),
            _ => throw new UnreachableException(),
        };
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static long OtherTimestamp() => Other switch
    {
        TimestampSource.InterruptTime => WindowsClock.Timestamp(),
        TimestampSource.ContinuousTime => AppleClock.Timestamp(),
        TimestampSource.System => System.GetTimestamp(),
        _ => throw new UnreachableException(),
    };

    private static delegate* unmanaged[SuppressGCTransition]<int, TimeSpec*, int> FindGetTime()
    {
        if (!OperatingSystem.IsLinux()
            || !NativeLibrary.TryGetExport(NativeLibrary.GetMainProgramHandle(), "clock_gettime", out nint found))
        {
            return null;
        }

        delegate* unmanaged[SuppressGCTransition]<int, TimeSpec*, int> getTime =
            (delegate* unmanaged[SuppressGCTransition]<int, TimeSpec*, int>)found;
        TimeSpec time;
        return getTime(ClockBootTime, &time) == 0 ? getTime : null;
    }

    /// <summary>C's <c>struct timespec</c>, whose two members are as wide as a pointer.</summary>
    private struct TimeSpec
    {
        internal nint Seconds;
        internal nint Nanoseconds;
    }
}
