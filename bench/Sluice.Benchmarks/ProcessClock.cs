using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Sluice.Benchmarks;

/// <summary>The CPU time of a process.</summary>
/// <remarks>On Linux it is exact. The time that .NET reads there counts in steps of 10 ms.</remarks>
internal static partial class ProcessClock
{
    /// <summary>The CPU time that a process has used so far.</summary>
    internal static TimeSpan CpuTimeOf(Process process)
    {
        if (OperatingSystem.IsLinux())
        {
            TimeSpec time = default;
            Require.That(GetClock(process.Id, out int clock) == 0 && ReadClock(clock, out time) == 0, $"Process {process.Id} has ended.");
            return TimeSpan.FromSeconds(time.Seconds) + TimeSpan.FromMicroseconds(time.Nanoseconds / 1000);
        }

        process.Refresh();
        return process.TotalProcessorTime;
    }

    [LibraryImport("libc", EntryPoint = "clock_getcpuclockid")]
    private static partial int GetClock(int processId, out int clock);

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int ReadClock(int clock, out TimeSpec time);

    // struct timespec of time.h, where a long has 64 bits.
    private struct TimeSpec
    {
        internal long Seconds;
        internal long Nanoseconds;
    }
}
