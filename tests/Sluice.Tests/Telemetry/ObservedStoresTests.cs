using System.Runtime.CompilerServices;

namespace Sluice.Tests.Telemetry;

/// <summary>What the instruments say of the stores of the process. Stores of other tests are read too, so the tests compare readings.</summary>
public sealed class ObservedStoresTests : IDisposable
{
    private const string Available = "sluice.store.available{}";
    private const string Keys = "sluice.store.keys{}";
    private const string Folds = "sluice.store.debt_folds{}";
    private readonly Measurements _seen = new(server: null);
    private readonly Store _store = new();

    public void Dispose()
    {
        ObservedStores.Remove(_store);
        _seen.Dispose();
    }

    [Fact]
    public void Store_ThatDoesNotDecide_MakesTheGaugeZeroUntilItDoes()
    {
        ObservedStores.Add(_store);
        Read(Available).ShouldBe(1);

        _store.IsAvailable = false;
        Read(Available).ShouldBe(0);

        _store.IsAvailable = true;
        Read(Available).ShouldBe(1);
    }

    [Fact]
    public void Store_ThatIsRemoved_IsNoLongerRead()
    {
        _store.IsAvailable = false;
        ObservedStores.Add(_store);

        ObservedStores.Remove(_store);

        Read(Available).ShouldNotBe(0);
    }

    [Fact]
    public void Store_ThatIsForgotten_IsNotKeptAlive()
    {
        WeakReference store = Forget();
        for (int round = 0; round < 10 && store.IsAlive; round++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        store.IsAlive.ShouldBeFalse();
    }

    [Fact]
    public void Keys_OfAStore_AreAddedToThoseOfTheOthers()
    {
        const long Many = 1_000_000_000_000;
        _store.Keys = Many;
        ObservedStores.Add(_store);

        Read(Keys).ShouldBeGreaterThanOrEqualTo(Many);

        ObservedStores.Remove(_store);
        Read(Keys).ShouldBeLessThan(Many);
    }

    [Fact]
    public void Folds_OfAStoreThatIsGone_StayCounted()
    {
        const long Many = 1_000_000_000_000;
        _store.EvictionsWithDebt = Many;
        ObservedStores.Add(_store);
        Read(Folds).ShouldBeGreaterThanOrEqualTo(Many);

        ObservedStores.Remove(_store);

        Read(Folds).ShouldBeGreaterThanOrEqualTo(Many);
    }

    [Fact]
    public void InProcessStore_OfAProgram_IsRead()
    {
        InProcessStore store = new();
        ApplicableLimits limits = RateLimitPolicy.Build("s", policy => policy.PerUser("5/1d")).Select("tools/call", "x", CallerIdentity.None);
        for (int user = 0; user < 500; user++)
        {
            store.Acquire(new RateLimitRequest(limits, new CallerIdentity("i", $"user-{user}", null, null)), []);
        }

        Read(Keys).ShouldBeGreaterThanOrEqualTo(500);
        GC.KeepAlive(store);
    }

    private double Read(string series)
    {
        _seen.Clear();
        _seen.Observe();
        return _seen.Count(series) == 0 ? double.NaN : _seen.Sum(series);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference Forget()
    {
        Store store = new();
        ObservedStores.Add(store);
        return new WeakReference(store);
    }

    private sealed class Store : IObservedStore
    {
        public bool IsAvailable { get; set; } = true;

        public long Keys { get; set; }

        public long EvictionsWithDebt { get; set; }
    }
}
