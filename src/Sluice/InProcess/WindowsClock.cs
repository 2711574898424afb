using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Sluice;

/// <summary>The interrupt time of Windows, in ticks of 100 ns.</summary>
/// <remarks>
/// <para>No member is compiled into its caller: the runtime looks for the functions when it compiles the method that calls them.</para>
/// <para>Thread safety: every member may be called from any thread.</para>
/// </remarks>
internal static class WindowsClock
{
    private const string Library = "api-ms-win-core-realtime-l1-1-1.dll";

    /// <summary>The time since the system started, the time asleep included.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static long Timestamp()
    {
        QueryInterruptTimePrecise(out ulong ticks);
        return (long)ticks;
    }

    /// <summary>The time since the system started, without the time asleep.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static long Awake()
    {
        QueryUnbiasedInterruptTimePrecise(out ulong ticks);
        return (long)ticks;
    }

    [DllImport(Library, ExactSpelling = true), SuppressGCTransition]
    private static extern void QueryInterruptTimePrecise(out ulong ticks);

    [DllImport(Library, ExactSpelling = true), SuppressGCTransition]
    private static extern void QueryUnbiasedInterruptTimePrecise(out ulong ticks);
}
