using System.Diagnostics;
using System.Globalization;

namespace Sluice.Benchmarks;

/// <summary>What a million live keys cost in memory and, while there are no calls, in time.</summary>
internal static class Footprint
{
    private const int Keys = 1_000_000;
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(3);

    internal static (double BytesPerKey, double IdlePercent) Measure()
    {
        CallerIdentity[] callers = Callers.Make(Keys);
        RateLimitPolicy policy = RateLimitPolicy.Build("bench", limits => limits.PerUser(new Rate(10, TimeSpan.FromDays(30))));
        ApplicableLimits limits = policy.Select("tools/call", "x", callers[0]);
        InProcessStore warm = new(new InProcessStoreOptions { MaxKeys = Keys / 100 }, TimeProvider.System);
        warm.Acquire(new RateLimitRequest(limits, callers[0]), []); // What the runtime compiles is no memory of a key.
        long before = ResidentBytes();
        InProcessStore store = new(new InProcessStoreOptions { MaxKeys = Keys }, TimeProvider.System);
        foreach (CallerIdentity caller in callers)
        {
            store.Acquire(new RateLimitRequest(limits, caller), []);
        }

        long after = ResidentBytes();
        using Process process = Process.GetCurrentProcess();
        TimeSpan busyBefore = ProcessClock.CpuTimeOf(process);
        Thread.Sleep(Idle); // Real time on purpose: what is measured is what the process does without calls.
        double idlePercent = 100 * (ProcessClock.CpuTimeOf(process) - busyBefore) / Idle;
        GC.KeepAlive(callers);
        GC.KeepAlive(warm);
        return ((double)(after - before) / store.Count, idlePercent);
    }

    private static long ResidentBytes()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        string resident = File.ReadLines("/proc/self/status").Single(line => line.StartsWith("VmRSS:", StringComparison.Ordinal));
        return 1024 * long.Parse(resident.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
    }
}
