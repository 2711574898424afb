using BenchmarkDotNet.Attributes;

namespace Sluice.Benchmarks;

/// <summary>Eight limits on a call, in two lists of four rates, beside four limits: one caller, all in memory that is near.</summary>
public class EightLimits
{
    private static readonly RateList Rates = [.. Enumerable.Range(1, RateList.MaxCount).Select(i => new Rate(int.MaxValue, TimeSpan.FromMilliseconds(i)))];
    private readonly CallerIdentity _caller = Callers.Make(1)[0];
    private readonly InProcessStore _store = new();
    private ApplicableLimits _four = null!;
    private ApplicableLimits _eight = null!;

    [GlobalSetup]
    public void Select()
    {
        _four = Limits("four", limits => limits.Shared(Rates[0]).PerUser(Rates[0]).Tool("x", tool => tool.Shared(Rates[0]).PerUser(Rates[0])));
        _eight = Limits("eight", limits => limits.Shared(Rates).PerUser(Rates));
        Require.That(_four.Count == 4 && _eight.Count == 8, "Another number of limits applies.");
    }

    [Benchmark(Baseline = true)]
    public bool Four() => _store.Acquire(new RateLimitRequest(_four, _caller), []).IsAllowed;

    [Benchmark]
    public bool Eight() => _store.Acquire(new RateLimitRequest(_eight, _caller), []).IsAllowed;

    [GlobalCleanup]
    public void CheckOutcomes() => Require.That(Four() && Eight(), "The store rejected a call.");

    private ApplicableLimits Limits(string server, Action<RateLimitsBuilder> configure) =>
        RateLimitPolicy.Build(server, configure).Select("tools/call", "x", _caller);
}
