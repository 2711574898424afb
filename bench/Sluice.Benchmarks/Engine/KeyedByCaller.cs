using System.Threading.RateLimiting;
using BenchmarkDotNet.Attributes;

namespace Sluice.Benchmarks;

/// <summary>One limit per caller, over one caller and over a million: beside the framework's partitioned limiter.</summary>
/// <remarks>
/// The identities of the million lie in the order in which they are used. The rows named "scattered" look each up in a list at random, which
/// both sides wait for.
/// </remarks>
public class KeyedByCaller
{
    private const int Keys = 1_000_000;
    private readonly CallerIdentity[] _callers = Callers.Make(Keys);
    private readonly int[] _order = Callers.UniformOrder(Keys);
    private readonly CallerIdentity[] _inOrder;
    private readonly InProcessStore _store = new(new InProcessStoreOptions { MaxKeys = 2 * Keys }, TimeProvider.System);
    private PartitionedRateLimiter<string> _framework = null!;
    private ApplicableLimits _limits = null!;
    private int _next;

    public KeyedByCaller() => _inOrder = Callers.MakeInOrder(_order);

    [GlobalSetup]
    public void TouchEveryKey()
    {
        RateLimitPolicy policy = RateLimitPolicy.Build("bench", limits => limits.PerUser(new Rate(int.MaxValue, TimeSpan.FromMilliseconds(1))));
        _limits = policy.Select("tools/call", "x", _callers[0]);
        _framework = PartitionedRateLimiter.Create<string, string>(user => RateLimitPartition.GetTokenBucketLimiter(
            user,
            static _ => new TokenBucketRateLimiterOptions
            {
                AutoReplenishment = false,
                QueueLimit = 0,
                ReplenishmentPeriod = TimeSpan.FromMilliseconds(1),
                TokenLimit = int.MaxValue,
                TokensPerPeriod = int.MaxValue,
            }));
        foreach (CallerIdentity caller in _callers.Concat(_inOrder))
        {
            _store.Acquire(new RateLimitRequest(_limits, caller), []);
            _framework.AttemptAcquire(caller.Subject!).Dispose();
        }
    }

    [Benchmark(Baseline = true)]
    public bool FrameworkHot()
    {
        using RateLimitLease lease = _framework.AttemptAcquire(_callers[0].Subject!);
        return lease.IsAcquired;
    }

    [Benchmark]
    public bool Hot() => _store.Acquire(new RateLimitRequest(_limits, _callers[0]), []).IsAllowed;

    [Benchmark]
    public bool FrameworkUniform()
    {
        using RateLimitLease lease = _framework.AttemptAcquire(_inOrder[_next++ & (_inOrder.Length - 1)].Subject!);
        return lease.IsAcquired;
    }

    [Benchmark]
    public bool Uniform() => _store.Acquire(new RateLimitRequest(_limits, _inOrder[_next++ & (_inOrder.Length - 1)]), []).IsAllowed;

    [Benchmark]
    public bool FrameworkScattered()
    {
        using RateLimitLease lease = _framework.AttemptAcquire(_callers[Next()].Subject!);
        return lease.IsAcquired;
    }

    [Benchmark]
    public bool Scattered() => _store.Acquire(new RateLimitRequest(_limits, _callers[Next()]), []).IsAllowed;

    [GlobalCleanup]
    public void CheckOutcomes()
    {
        Require.That(Hot(), "The store refused.");
        Require.That(FrameworkHot(), "The baseline ran dry.");
        _framework.Dispose();
    }

    private int Next() => _order[_next++ & (_order.Length - 1)];
}
