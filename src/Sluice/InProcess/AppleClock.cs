using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Sluice;

/// <summary>The Mach clocks of macOS, in units of their time base.</summary>
/// <remarks>
/// <para>No member is compiled into its caller: the runtime looks for the functions when it compiles the method that calls them.</para>
/// <para>Thread safety: every member may be called from any thread.</para>
/// </remarks>
internal static class AppleClock
{
    private const string Library = "libSystem.dylib";
    private const long NanosecondsPerSecond = 1_000_000_000;

    /// <summary>The time since the system started, the time asleep included.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static long Timestamp() => (long)ContinuousTime();

    /// <summary>The time since the system started, without the time asleep.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static long Awake() => (long)AbsoluteTime();

    /// <summary>How many units a second has.</summary>
    /// <exception cref="PlatformNotSupportedException">The system does not tell.</exception>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static long Frequency() => TimebaseInfo(out Timebase timebase) == 0
        ? (long)((UInt128)NanosecondsPerSecond * timebase.Denominator / timebase.Numerator)
        : throw new PlatformNotSupportedException("mach_timebase_info failed, so the clock cannot be read.");

    [DllImport(Library, EntryPoint = "mach_continuous_time", ExactSpelling = true), SuppressGCTransition]
    private static extern ulong ContinuousTime();

    [DllImport(Library, EntryPoint = "mach_absolute_time", ExactSpelling = true), SuppressGCTransition]
    private static extern ulong AbsoluteTime();

    [DllImport(Library, EntryPoint = "mach_timebase_info", ExactSpelling = true)]
    private static extern int TimebaseInfo(out Timebase timebase);

    /// <summary>A unit is <c>Numerator / Denominator</c> nanoseconds.</summary>
    private struct Timebase
    {
        internal uint Numerator;
        internal uint Denominator;
    }
}
