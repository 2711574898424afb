namespace Sluice.Redis.Tests;

/// <summary>The store with shares: one limit that everybody shares, decided from memory and from the remainder.</summary>
public sealed class ShareStoreTests : IAsyncDisposable
{
    private static readonly ShareNumbers Numbers = ShareNumbers.Of(1_000, 1_000, TimeSpan.FromSeconds(1))!.Value;
    private readonly ApplicableLimits _limits =
        StoreScene.Limits(policy => policy.Shared("1000/1s").OnStoreFailure(StoreFailureMode.Deny));

    private readonly ShareStoreScene _scene = new();

    private ShareBucket Bucket => _scene.Client.Buckets.Single();

    public ValueTask DisposeAsync() => _scene.DisposeAsync();

    [Fact]
    public async Task Acquire_EpochIsYoung_IsDecidedByOnStoreFailure()
    {
        await _scene.Store.Layout.CheckAsync();
        (await _scene.AcquireAsync(_limits)).Source.ShouldBe(DecisionSource.OnStoreFailure);
    }

    [Fact]
    public async Task Acquire_ShareIsHeld_IsDecidedWithoutACommand()
    {
        await HoldShareAsync();
        int runs = _scene.Connection.Runs;
        for (int i = 0; i < 50; i++)
        {
            (await _scene.AcquireAsync(_limits)).ShouldSatisfyAllConditions(
                decision => decision.IsAllowed.ShouldBeTrue(),
                decision => decision.Source.ShouldBe(DecisionSource.Store),
                decision => decision.IsEstimate.ShouldBeTrue());
        }

        _scene.Connection.Runs.ShouldBe(runs);
    }

    [Fact]
    public async Task Peek_ShareIsHeld_AnswersWithoutACommandAndChargesNothing()
    {
        await HoldShareAsync();
        int runs = _scene.Connection.Runs;
        long level = Bucket.Share.LevelAt(_scene.Client.Now);
        RateLimitDecision peeked = await _scene.Store.PeekAsync(new RateLimitRequest(_limits, CallerIdentity.None), default, default);
        peeked.IsAllowed.ShouldBeTrue();
        Bucket.Share.LevelAt(_scene.Client.Now).ShouldBe(level);
        _scene.Connection.Runs.ShouldBe(runs);
    }

    [Fact]
    public async Task Acquire_RedisDoesNotAnswer_UsesTheShareUntilItEndsAndThenOnStoreFailureDecides()
    {
        await HoldShareAsync();
        _scene.Connection.IsCut = true;
        (await _scene.AcquireAsync(_limits)).IsAllowed.ShouldBeTrue();
        _scene.Pass(3_000_000);
        (await _scene.AcquireAsync(_limits)).Source.ShouldBe(DecisionSource.OnStoreFailure);
    }

    [Fact]
    public async Task Acquire_CostsMoreThanTheShareHolds_TakesTheRestFromTheRemainder()
    {
        await HoldShareAsync();
        int parts = Bucket.Share.Parts;
        parts.ShouldBeLessThan(ShareNumbers.Parts);
        int tokens = (int)(Numbers.Capacity(parts) / Numbers.TokenUnits) + 20;
        long before = await RemainderAsync();
        long held = Bucket.Share.LevelAt(_scene.Client.Now);

        (await _scene.AcquireAsync(_limits, tokens)).IsAllowed.ShouldBeTrue();

        (await RemainderAsync() - before).ShouldBe(held - Numbers.Cost((ulong)tokens));
        Bucket.Share.LevelAt(_scene.Client.Now).ShouldBe(0);
    }

    [Fact]
    public async Task Acquire_CostsMoreThanThereIs_ChargesNothing()
    {
        await HoldShareAsync();
        await _scene.AcquireAsync(_limits, 500);
        long before = await RemainderAsync();
        long held = Bucket.Share.LevelAt(_scene.Client.Now);

        RateLimitDecision decision = await _scene.AcquireAsync(_limits, 900);

        decision.Outcome.ShouldBe(RateLimitOutcome.Denied);
        decision.RetryAfter.ShouldBeGreaterThan(TimeSpan.Zero);
        (await RemainderAsync()).ShouldBe(before);
        Bucket.Share.LevelAt(_scene.Client.Now).ShouldBe(held);
    }

    [Fact]
    public async Task Acquire_CostsMoreThanTheCapacity_IsUnsatisfiable()
    {
        await HoldShareAsync();
        RateLimitDecision decision = await _scene.AcquireAsync(_limits, 1_001);
        decision.Outcome.ShouldBe(RateLimitOutcome.Unsatisfiable);
        decision.RetryAfter.ShouldBe(Timeout.InfiniteTimeSpan);
    }

    [Fact]
    public async Task Charge_MoreThanTheShareHas_TakesTheRestFromTheRemainder()
    {
        await HoldShareAsync();
        long before = await RemainderAsync();
        long held = Bucket.Share.LevelAt(_scene.Client.Now);
        int tokens = (int)(held / Numbers.TokenUnits) + 50;
        RateLimitRequest request = new(_limits, CallerIdentity.None, tokens);

        await _scene.Store.ChargeAsync(request, default);
        Bucket.Share.LevelAt(_scene.Client.Now).ShouldBe(0);
        (await RemainderAsync() - before).ShouldBe(held - Numbers.Cost((ulong)tokens));

        await _scene.Store.RefundAsync(request, default); // Back into the share as far as it fits.
        Bucket.Share.LevelAt(_scene.Client.Now).ShouldBe(Numbers.Capacity(Bucket.Share.Parts));
    }

    /// <summary>A change that waited for its timeout would not be complete: the clock stands still.</summary>
    [Fact]
    public async Task Charge_RedisIsKnownNotToAnswer_WaitsForNothing()
    {
        await _scene.OpenAsync(_limits);
        RateLimitRequest request = new(_limits, CallerIdentity.None);
        _scene.Connection.BeSilent();
        while (_scene.Store.DecidesCalls)
        {
            Task charge = _scene.Store.ChargeAsync(request, default).AsTask();
            await Eventually.HoldsAsync(() =>
            {
                _scene.Pass(1_000_000);
                return charge.IsCompleted;
            });
        }

        int runs = _scene.Connection.Runs;
        _scene.Store.ChargeAsync(request, default).AsTask().IsCompletedSuccessfully.ShouldBeTrue();
        _scene.Store.RefundAsync(request, default).AsTask().IsCompletedSuccessfully.ShouldBeTrue();

        _scene.Connection.Runs.ShouldBe(runs);
        _scene.Connection.Answer();
    }

    /// <summary>A lowered limit has not reached all processes.</summary>
    [Fact]
    public async Task Acquire_AnotherProcessHasASmallerLimit_ItsMessagesFillNothing()
    {
        ApplicableLimits large = Limits(2_000);
        ApplicableLimits small = Limits(50);
        await _scene.OpenAsync(large);
        RedisStore other = _scene.Another();
        await other.Layout.CheckAsync();
        int calls = 0;
        while ((await _scene.AcquireAsync(large, cost: 40)).IsAllowed)
        {
            calls++;
        }

        calls.ShouldBeGreaterThan(3); // Much more than the smaller limit holds.
        for (int change = 0; change < 3; change++)
        {
            (await _scene.AcquireAsync(small, store: other)).IsAllowed.ShouldBeFalse();
            await other.ChargeAsync(new RateLimitRequest(small, StoreScene.Alice), default);
            (await _scene.AcquireAsync(large, cost: 40)).IsAllowed.ShouldBeFalse();
            _scene.Pass(10_000); // Half a token.
            await _scene.SettleAsync();
        }

        static ApplicableLimits Limits(int burst) => StoreScene.Limits(policy => policy
            .Shared(new Rate(50, TimeSpan.FromSeconds(1), RateLimitAlgorithm.TokenBucket, burst, align: false))
            .OnStoreFailure(StoreFailureMode.Deny));
    }

    [Fact]
    public async Task Reset_BucketIsUsedUp_IsFullAtOnce()
    {
        await HoldShareAsync();
        await _scene.Store.ChargeAsync(new RateLimitRequest(_limits, CallerIdentity.None, 1_000), default);
        (await RemainderAsync()).ShouldBeLessThan(Numbers.Cost(10));

        await _scene.Store.ResetAsync(_limits.Limits.ToArray(), CallerIdentity.None, default);

        long rest = await RemainderAsync();
        long held = Bucket.Share.LevelAt(_scene.Client.Now);
        (rest + held).ShouldBeGreaterThan(Numbers.Whole - Numbers.Cost(5));
    }

    [Fact]
    public async Task Dispose_ShareIsHeld_ReturnsIt()
    {
        await HoldShareAsync();
        RedisStore other = _scene.Another();
        await other.Layout.CheckAsync();
        await _scene.Store.DisposeAsync();

        // What the first store had is in the remainder at once, so the other one finds all of it.
        (await _scene.AcquireAsync(_limits, 950, store: other)).IsAllowed.ShouldBeTrue();
    }

    [Fact]
    public async Task Acquire_LimitChanges_KeepsWhatIsUsed()
    {
        await HoldShareAsync();
        await _scene.Store.ChargeAsync(new RateLimitRequest(_limits, CallerIdentity.None, 1_000), default);
        ApplicableLimits half = StoreScene.Limits(policy => policy.Shared("500/1s").OnStoreFailure(StoreFailureMode.Deny));
        (await _scene.AcquireAsync(half)).IsAllowed.ShouldBeFalse();
        _scene.Pass(100_000);
        (await _scene.AcquireAsync(half)).IsAllowed.ShouldBeTrue();
        Bucket.Numbers.ShouldBe(ShareNumbers.Of(500, 500, TimeSpan.FromSeconds(1))!.Value);
    }

    private async Task<long> RemainderAsync()
    {
        ShareBucket bucket = Bucket;
        byte[] argument = ShareWire.Write(RemainderVerb.Peek, 99, bucket.Name, bucket.Numbers, 0);
        byte[] reply = await _scene.Script.Script.RunAsync(ShareScriptScene.Shared, [_scene.Client.Key], argument);
        return ShareWire.ReadAnswer(reply).Level;
    }

    // Until this process has a share, and the bucket is full.
    private async Task HoldShareAsync()
    {
        await _scene.Store.Layout.CheckAsync();
        await _scene.UntilAsync(() => _scene.Client.Buckets.Any(bucket => bucket.Share.Parts > 0), _limits, cost: 2, calls: 4);
        for (int i = 0; i < 60; i++)
        {
            await _scene.UntilAsync(() => true, _limits);
        }
    }
}
