using System.Threading.RateLimiting;

namespace Sluice.Tests;

public sealed class WaitingRateLimiterTests
{
    private readonly ManualTimeProvider _time = new();

    [Fact]
    public async Task AcquireAsync_BucketIsEmpty_LeaseComesAtItsInstantInOrder()
    {
        await using SluiceRateLimiter limiter = Limiter("2/1s");
        (await limiter.AcquireAsync(2)).IsAcquired.ShouldBeTrue();

        Task<RateLimitLease> first = limiter.AcquireAsync().AsTask();
        Task<RateLimitLease> second = limiter.AcquireAsync().AsTask();
        limiter.GetStatistics()!.CurrentQueuedCount.ShouldBe(2);
        _time.Advance(TimeSpan.FromMilliseconds(500) - TimeSpan.FromTicks(1));
        first.IsCompleted.ShouldBeFalse();
        _time.Advance(TimeSpan.FromTicks(1));
        (await first).IsAcquired.ShouldBeTrue();
        second.IsCompleted.ShouldBeFalse();
        limiter.AttemptAcquire().IsAcquired.ShouldBeFalse();
        _time.Advance(TimeSpan.FromMilliseconds(500));
        (await second).IsAcquired.ShouldBeTrue();
        limiter.GetStatistics()!.CurrentQueuedCount.ShouldBe(0);
        limiter.GetStatistics()!.TotalSuccessfulLeases.ShouldBe(3);
    }

    [Fact]
    public async Task AcquireAsync_QueueIsFullOrWaitTooLong_FailsAtOnceWithTheWait()
    {
        await using SluiceRateLimiter limiter = Limiter("1/1s", new SluiceRateLimiterOptions { QueueLimit = 2, MaxWait = TimeSpan.FromSeconds(2) });
        await limiter.AcquireAsync();
        Task<RateLimitLease>[] waiting = [limiter.AcquireAsync().AsTask(), limiter.AcquireAsync().AsTask()];

        RateLimitLease full = await limiter.AcquireAsync();
        _time.Advance(TimeSpan.FromSeconds(1));
        await waiting[0];
        RateLimitLease next = await Advanced(limiter.AcquireAsync().AsTask(), TimeSpan.FromSeconds(2));

        full.IsAcquired.ShouldBeFalse();
        full.TryGetMetadata(MetadataName.RetryAfter, out TimeSpan wait).ShouldBeTrue();
        wait.ShouldBe(TimeSpan.FromSeconds(3));
        next.IsAcquired.ShouldBeTrue();
    }

    [Fact]
    public async Task AcquireAsync_WaitIsCancelled_GivesBackWhatItTook()
    {
        await using SluiceRateLimiter limiter = Limiter("1/1s");
        await limiter.AcquireAsync();
        using CancellationTokenSource cancelling = new();
        Task<RateLimitLease> waiting = limiter.AcquireAsync(1, cancelling.Token).AsTask();

        await cancelling.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(waiting);
        limiter.GetStatistics()!.CurrentQueuedCount.ShouldBe(0);
        _time.Advance(TimeSpan.FromSeconds(1));
        limiter.AttemptAcquire().IsAcquired.ShouldBeTrue();
    }

    [Fact]
    public async Task Dispose_CallsWait_TheyGetALeaseThatIsNotAcquired()
    {
        SluiceRateLimiter limiter = Limiter("1/1s");
        await limiter.AcquireAsync();
        Task<RateLimitLease> waiting = limiter.AcquireAsync().AsTask();

        await limiter.DisposeAsync();

        (await waiting).IsAcquired.ShouldBeFalse();
    }

    [Fact]
    public async Task AcquireAsync_NoSlotIsFree_WaitsInTurnByCallerUntilOneIsReleased()
    {
        CallerIdentity alice = new("issuer", "alice", tenant: null, client: null);
        CallerIdentity bob = new("issuer", "bob", tenant: null, client: null);
        RateLimitPolicy policy = RateLimitPolicy.Build("server", of => of.Shared("100/1h").Concurrency(new() { Shared = 1 }));
        InProcessStore store = new(new InProcessStoreOptions { MaxKeys = 100 }, _time);
        await using SluiceRateLimiter ofAlice = new(store, policy.Select("tools/call", "search", alice), alice, new(), _time);
        await using SluiceRateLimiter ofBob = new(store, policy.Select("tools/call", "search", bob), bob, new(), _time);
        RateLimitLease running = await ofAlice.AcquireAsync();
        Task<RateLimitLease>[] waiting = [ofAlice.AcquireAsync().AsTask(), ofAlice.AcquireAsync().AsTask(), ofBob.AcquireAsync().AsTask()];

        running.Dispose();
        (await waiting[0]).Dispose();
        using RateLimitLease lease = await waiting[2];

        lease.IsAcquired.ShouldBeTrue();
        waiting[1].IsCompleted.ShouldBeFalse();
        ofAlice.GetStatistics()!.CurrentQueuedCount.ShouldBe(1);
        store.Peek(new RateLimitRequest(RateLimitPolicy.Build("server", of => of.Shared("100/1h")).Select("tools/call", "search", bob), bob), default)
            .Remaining.ShouldBe(97); // The one that waits has charged nothing.
    }

    [Fact]
    public async Task AcquireAsync_NoSlotIsReleasedInTime_FailsAndTakesNoSlotLater()
    {
        CallerIdentity alice = new("issuer", "alice", tenant: null, client: null);
        ApplicableLimits limits = RateLimitPolicy.Build("server", of => of.Concurrency(new() { Shared = 1 })).Select("tools/call", "search", alice);
        InProcessStore store = new(new InProcessStoreOptions { MaxKeys = 100 }, _time);
        await using SluiceRateLimiter limiter = new(
            store, limits, alice, new SluiceRateLimiterOptions { MaxWait = TimeSpan.FromSeconds(2) }, _time);
        RateLimitLease running = await limiter.AcquireAsync();
        Task<RateLimitLease> waiting = limiter.AcquireAsync().AsTask();

        _time.Advance(TimeSpan.FromSeconds(2));
        RateLimitLease late = await waiting;
        running.Dispose();

        late.IsAcquired.ShouldBeFalse();
        limiter.GetStatistics()!.CurrentQueuedCount.ShouldBe(0);
        limiter.AttemptAcquire().IsAcquired.ShouldBeTrue();
    }

    [Fact]
    public async Task AcquireAsync_MorePermitsThanTheBucketHolds_Throws()
    {
        await using SluiceRateLimiter limiter = Limiter("2/1s");

        await Should.ThrowAsync<ArgumentOutOfRangeException>(async () => await limiter.AcquireAsync(3));
    }

    [Fact]
    public async Task AcquireAsync_ThousandsOfCallsWait_EachAllocatesABoundedNumberOfBytes()
    {
        const int Calls = 2_000;
        CallerIdentity caller = new("issuer", "user", "tenant", client: null);
        ApplicableLimits limits = RateLimitPolicy
            .Build("server", of => of.Shared("1000/1s").PerTenant("1000/1s").PerUser("1000/1s"))
            .Select("tools/call", "search", caller);
        InProcessStore store = new(new InProcessStoreOptions { MaxKeys = 100 }, _time);
        await using SluiceRateLimiter limiter = new(
            store, limits, caller, new SluiceRateLimiterOptions { QueueLimit = 2 * Calls }, _time);
        (await limiter.AcquireAsync(1_000)).IsAcquired.ShouldBeTrue();
        List<Task<RateLimitLease>> waiting = [limiter.AcquireAsync().AsTask()];
        waiting.EnsureCapacity(Calls + 1);

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int call = 0; call < Calls; call++)
        {
            waiting.Add(limiter.AcquireAsync().AsTask());
        }

        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        limiter.GetStatistics()!.CurrentQueuedCount.ShouldBe(Calls + 1);
        (allocated / Calls).ShouldBeLessThan(1_024);
        _time.Advance(TimeSpan.FromSeconds(60));
        (await Task.WhenAll(waiting)).ShouldAllBe(lease => lease.IsAcquired);
    }

    private SluiceRateLimiter Limiter(string rate, SluiceRateLimiterOptions? options = null) =>
        new(Rate.Parse(rate), options ?? new SluiceRateLimiterOptions(), _time);

    private async Task<RateLimitLease> Advanced(Task<RateLimitLease> lease, TimeSpan by)
    {
        _time.Advance(by);
        return await lease;
    }
}
