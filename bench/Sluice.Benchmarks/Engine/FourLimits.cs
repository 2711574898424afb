using System.Collections.Concurrent;
using System.Threading.RateLimiting;
using BenchmarkDotNet.Attributes;

namespace Sluice.Benchmarks;

/// <summary>
/// Four limits on a call (everybody and the user, on the server and on the tool): all or nothing, beside four of the
/// framework's limiters one after another, which are not.
/// </summary>
/// <remarks>
/// The identities lie in the order in which they are used, as the framework's keys do, which are numbers here. The row named "scattered"
/// looks each up in a list at random.
/// </remarks>
public class FourLimits
{
    private const int Users = 100_000;
    private const int Tools = 100;
    private static readonly Rate Open = new(int.MaxValue, TimeSpan.FromMilliseconds(1));
    private readonly CallerIdentity[] _callers = Callers.Make(Users);
    private readonly int[] _users = Callers.UniformOrder(Users);
    private readonly CallerIdentity[] _inOrder;
    private readonly int[] _tools = Callers.UniformOrder(Tools);
    private readonly InProcessStore _store = new(new InProcessStoreOptions { MaxKeys = 4_000_000 }, TimeProvider.System);
    private readonly ConcurrentDictionary<(int Tool, int User), RateLimiter> _framework = [];
    private ApplicableLimits[] _limits = [];
    private int _next;

    public FourLimits() => _inOrder = Callers.MakeInOrder(_users);

    [GlobalSetup]
    public void TouchWhatIsTouched()
    {
        RateLimitPolicy policy = RateLimitPolicy.Build("bench", limits =>
        {
            limits.Shared(Open).PerUser(Open);
            for (int tool = 0; tool < Tools; tool++)
            {
                limits.Tool($"tool-{tool}", t => t.Shared(Open).PerUser(Open));
            }
        });
        _limits = [.. Enumerable.Range(0, Tools).Select(tool => policy.Select("tools/call", $"tool-{tool}", _callers[0]))];
        for (int i = 0; i < _users.Length; i++)
        {
            Uniform();
            Scattered();
            FrameworkUniform();
        }
    }

    [Benchmark(Baseline = true)]
    public bool FrameworkHot() => AcquireFour(0, 0);

    [Benchmark]
    public bool Hot() => _store.Acquire(new RateLimitRequest(_limits[0], _callers[0]), []).IsAllowed;

    [Benchmark]
    public bool FrameworkUniform()
    {
        int call = _next++ & (_users.Length - 1);
        return AcquireFour(_tools[call], _users[call]);
    }

    [Benchmark]
    public bool Uniform()
    {
        int call = _next++ & (_users.Length - 1);
        return _store.Acquire(new RateLimitRequest(_limits[_tools[call]], _inOrder[call]), []).IsAllowed;
    }

    [Benchmark]
    public bool Scattered()
    {
        int call = _next++ & (_users.Length - 1);
        return _store.Acquire(new RateLimitRequest(_limits[_tools[call]], _callers[_users[call]]), []).IsAllowed;
    }

    [GlobalCleanup]
    public void CheckOutcomes()
    {
        Require.That(Hot(), "The store refused.");
        Require.That(FrameworkHot(), "The baseline ran dry.");
    }

    private bool AcquireFour(int tool, int user) =>
        AcquireOne(-1, -1) && AcquireOne(tool, -1) && AcquireOne(-1, user) && AcquireOne(tool, user);

    private bool AcquireOne(int tool, int user)
    {
        using RateLimitLease lease = _framework.GetOrAdd((tool, user), static _ => new TokenBucketRateLimiter(new()
        {
            AutoReplenishment = false,
            QueueLimit = 0,
            ReplenishmentPeriod = TimeSpan.FromMilliseconds(1),
            TokenLimit = int.MaxValue,
            TokensPerPeriod = int.MaxValue,
        })).AttemptAcquire();
        return lease.IsAcquired;
    }
}
