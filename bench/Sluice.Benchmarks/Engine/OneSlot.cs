using BenchmarkDotNet.Attributes;

namespace Sluice.Benchmarks;

/// <summary>A slot of a limit on concurrency: a call begins and ends, of one caller.</summary>
public class OneSlot
{
    private readonly CallerIdentity _caller = Callers.Make(1)[0];
    private readonly HeldSlots _slots = new();
    private readonly InProcessStore _store = new();
    private ApplicableLimits _limits = null!;

    [GlobalSetup]
    public void Select() => _limits = RateLimitPolicy
        .Build("bench", limits => limits.Concurrency(new() { PerUser = 4 }))
        .Select("tools/call", "x", _caller);

    [Benchmark]
    public bool AcquireAndRelease()
    {
        RateLimitRequest request = new(_limits, _caller) { Slots = _slots };
        bool isAllowed = _store.Acquire(request, []).IsAllowed;
        _store.Release(request);
        return isAllowed;
    }

    [GlobalCleanup]
    public void CheckOutcomes() => Require.That(AcquireAndRelease(), "The store rejected a call.");
}
