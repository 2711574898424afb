namespace Sluice.Benchmarks;

/// <summary>What calls that are held cost in memory: the reservation, the place in the queue, and the task that waits.</summary>
internal static class HeldCallBytes
{
    private const int Calls = 10_000;

    internal static double Measure()
    {
        SluiceRateLimiterOptions options = new() { MaxWait = TimeSpan.FromDays(3_650), QueueLimit = Calls };
        RateLimitPolicy policy = RateLimitPolicy.Build("bench", limits => limits.Shared("1000/1h").PerUser("1/1h").PerTenant("1/1m"));
        CallerIdentity caller = new("bench", "caller", "tenant", null);
        ApplicableLimits limits = policy.Select("tools/call", "x", caller);
        InProcessStore store = new(new InProcessStoreOptions { MaxKeys = 100 }, TimeProvider.System);
        using SluiceRateLimiter limiter = new(store, limits, caller, options, TimeProvider.System);
        Task[] held = new Task[Calls];
        Task warm = limiter.AcquireAsync().AsTask();
        long before = GC.GetTotalMemory(forceFullCollection: true);
        for (int i = 0; i < Calls; i++)
        {
            held[i] = limiter.AcquireAsync().AsTask();
        }

        long after = GC.GetTotalMemory(forceFullCollection: true);
        GC.KeepAlive(warm);
        return held.Any(call => call.IsCompleted)
            ? throw new InvalidOperationException("A call was not held.")
            : (double)(after - before) / Calls;
    }
}
