using System.Diagnostics;
using BenchmarkDotNet.Attributes;

namespace Sluice.Benchmarks;

/// <summary>One bucket, one thread: how far is a decision from what any decision must do, reading a clock and swapping a word?</summary>
public class SingleBucket
{
    private readonly ApplicableLimits _open = Limits(new Rate(int.MaxValue, TimeSpan.FromMilliseconds(1)));
    private readonly ApplicableLimits _closed = Limits(new Rate(1, TimeSpan.FromDays(366)));
    private readonly InProcessStore _store = new();
    private long _word;

    [GlobalSetup]
    public void SpendTheClosedBucket() => _store.Acquire(new RateLimitRequest(_closed, CallerIdentity.None), []);

    [Benchmark(Baseline = true)]
    public long ClockAndSwap()
    {
        long now = Stopwatch.GetTimestamp();
        long seen = _word;
        return Interlocked.CompareExchange(ref _word, now, seen);
    }

    [Benchmark]
    public long Clock() => Stopwatch.GetTimestamp() ^ _word;

    [Benchmark]
    public bool Allow() => _store.Acquire(new RateLimitRequest(_open, CallerIdentity.None), []).IsAllowed;

    [Benchmark]
    public long Deny() => _store.Acquire(new RateLimitRequest(_closed, CallerIdentity.None), []).RetryAfter.Ticks;

    [GlobalCleanup]
    public void CheckOutcomes()
    {
        Require.That(Allow(), "The open bucket refused.");
        Require.That(Deny() > 0, "The closed bucket admitted.");
    }

    private static ApplicableLimits Limits(Rate rate) =>
        RateLimitPolicy.Build($"bench-{rate}", limits => limits.Shared(rate)).Select("tools/call", "x", CallerIdentity.None);
}
