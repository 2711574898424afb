namespace Sluice.Redis.Tests;

/// <summary>A warning for each limit whose bucket a changed policy moves between Redis and the shares.</summary>
public sealed class DivisionWatchTests : IAsyncDisposable
{
    private readonly ShareStoreScene _scene = new();

    public ValueTask DisposeAsync() => _scene.DisposeAsync();

    [Theory]
    [InlineData(20, 100, RateLimitAlgorithm.TokenBucket, 19, 100, RateLimitAlgorithm.TokenBucket, "is decided in Redis")]
    [InlineData(19, 100, RateLimitAlgorithm.TokenBucket, 20, 100, RateLimitAlgorithm.TokenBucket, "is divided among the processes")]
    [InlineData(99, 50, RateLimitAlgorithm.TokenBucket, 99, 49, RateLimitAlgorithm.TokenBucket, "is decided in Redis")]
    [InlineData(99, null, RateLimitAlgorithm.TokenBucket, 99, null, RateLimitAlgorithm.SlidingWindow, "is decided in Redis")]
    public async Task Acquire_ChangedPolicyMovesABucket_WarnsOnceAndNamesTheLimit(
        int before, int? burstBefore, RateLimitAlgorithm algorithmBefore, int after, int? burstAfter, RateLimitAlgorithm algorithmAfter, string way)
    {
        TimeSpan second = TimeSpan.FromSeconds(1);
        await CallAsync(policy => policy.Shared(new Rate(before, second, algorithmBefore, burstBefore, align: false)));
        for (int policies = 0; policies < 2; policies++) // The second one moves nothing any more.
        {
            await CallAsync(policy => policy.Shared(new Rate(after, second, algorithmAfter, burstAfter, align: false)));
        }

        _scene.Log.Of("BucketMoved").ShouldHaveSingleItem().ShouldStartWith(
            $"A changed policy moves the bucket of the limit 'shared' of 'files': it {way} now, and starts full.");
    }

    [Fact]
    public async Task Acquire_FirstOverride_WarnsOfTheLimitThatItIsFor()
    {
        await CallAsync(policy => policy.PerUser("100/1s").Shared("1000/1s"));
        await CallAsync(policy => policy.PerUser("100/1s").Shared("1000/1s")
            .Override(when => when.Claim("tier", "pro"), rates => rates.PerUser("200/1s")));

        _scene.Log.Of("BucketMoved").ShouldHaveSingleItem().ShouldContain("'perUser'");
    }

    [Fact]
    public async Task Acquire_OneRateBecomesAList_WarnsOfEachRate()
    {
        await CallAsync(policy => policy.Shared("100/1s"));
        await CallAsync(policy => policy.Shared("100/1s", "5000/1m"));

        _scene.Log.Of("BucketMoved").Length.ShouldBe(2);
    }

    [Fact]
    public async Task Acquire_ChangesThatMoveNothing_WarnOfNothing()
    {
        await CallAsync(policy => policy.Shared("100/1s").PerUser("100/1m"));
        await CallAsync(policy => policy.Shared("500/1s").PerUser("10/1m", "100/1h"));
        await CallAsync(policy => policy.Shared("500/1s").PerClient("100/1s"));

        _scene.Log.Of("BucketMoved").ShouldBeEmpty();
    }

    private Task<RateLimitDecision> CallAsync(Action<RateLimitsBuilder> configure) => _scene.AcquireAsync(StoreScene.Limits(configure));
}
