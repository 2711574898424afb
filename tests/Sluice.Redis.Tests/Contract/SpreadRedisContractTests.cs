using Sluice.StoreContracts;

namespace Sluice.Redis.Tests;

/// <summary>The store over a cluster of three masters, with every caller's row in a slot of its own.</summary>
/// <remarks>
/// It replays no vectors and histories in which a limit's numbers change or calls wait, and no general ones, which have both. That is by
/// design: rows lie on servers of their own, so a call reserves in one row after another, and a reservation that a later row rejects is taken
/// back. Both are writes, and a bucket refills by the numbers under which it was written last. So after a rejected call under other numbers
/// it refills by those, while in one row a rejected call writes nothing. What was used is kept: <see cref="SpreadRedisChangedNumbersTests"/>.
/// Where two rows delay a call for equally long, another of the two counts as the one that decided.
/// </remarks>
public sealed class SpreadRedisUnderTest : RedisUnderTest
{
    private static readonly Lazy<IRedisConnection> Shared = new(() => SharedConnection.To(RedisCluster.Shared.Value.Configuration));

    protected override RedisKeyLayout Layout => RedisKeyLayout.Spread;

    internal override IRedisConnection Connection => Shared.Value;
}

public sealed class SpreadRedisTokenBucketTests : TokenBucketContract<SpreadRedisUnderTest>;

public sealed class SpreadRedisSlidingWindowTests : SlidingWindowContract<SpreadRedisUnderTest>;

public sealed class SpreadRedisSlidingWindowCounterTests : SlidingWindowCounterContract<SpreadRedisUnderTest>;

public sealed class SpreadRedisFixedWindowTests : FixedWindowContract<SpreadRedisUnderTest>;

public sealed class SpreadRedisCalendarTests : CalendarContract<SpreadRedisUnderTest>;

public sealed class SpreadRedisAllOrNothingTests : AllOrNothingContract<SpreadRedisUnderTest>;

public sealed class SpreadRedisPermissiveTests : PermissiveContract<SpreadRedisUnderTest>;

public sealed class SpreadRedisIdentityTests : IdentityContract<SpreadRedisUnderTest>;

public sealed class SpreadRedisVerbsTests : VerbsContract<SpreadRedisUnderTest>;

public sealed class SpreadRedisLiveChangeTests : LiveChangeContract<SpreadRedisUnderTest>;

public sealed class SpreadRedisRateListTests : RateListContract<SpreadRedisUnderTest>;

public sealed class SpreadRedisKeyTests : KeyContract<SpreadRedisUnderTest>;

public sealed class SpreadRedisOverrideTests : OverrideContract<SpreadRedisUnderTest>;

public sealed class SpreadRedisRejectionTests : RejectionContract<SpreadRedisUnderTest>;

public sealed class SpreadRedisEnvelopeTests : EnvelopeContract<SpreadRedisUnderTest>;

public sealed class SpreadRedisClockTests : ClockContract<SpreadRedisUnderTest>;

public sealed class SpreadRedisReservationTests : ReservationContract<SpreadRedisUnderTest>
{
    protected override int CallsPerRun => 500;
}

public sealed class SpreadRedisCallerHistoryTests : CallerHistoryContract<SpreadRedisUnderTest>
{
    protected override int Histories => 20;

    protected override bool ChangesNumbers => false; // The remark above says why.
}

public sealed class SpreadRedisCallerVectorTests : CallerVectorContract<SpreadRedisUnderTest>
{
    protected override bool Replays(CallerVectorCase vector) => !vector.Policy.ChangesNumbers && !vector.IsWaiting; // The remark above says why.
}

/// <summary>What a call leaves in a row that had the tokens, when a later row rejects it under other numbers.</summary>
public sealed class SpreadRedisChangedNumbersTests : StoreContract<SpreadRedisUnderTest>
{
    private static readonly CallerIdentity Pro = Alice.WithClaim("tier", "pro");

    [Theory]
    [InlineData(RateLimitAlgorithm.TokenBucket)]
    [InlineData(RateLimitAlgorithm.SlidingWindow)]
    [InlineData(RateLimitAlgorithm.SlidingWindowCounter)]
    [InlineData(RateLimitAlgorithm.FixedWindow)]
    public async Task Acquire_RejectedByALaterRowUnderOtherNumbers_KeepsWhatWasUsed(RateLimitAlgorithm algorithm)
    {
        RateLimitPolicy policy = Policy(algorithm);
        await Acquire(Of(policy, "other", Alice), Alice, cost: 7);
        await Acquire(Of(policy, "search", Bob), Bob); // That was the shared token.

        for (int call = 0; call < 3; call++)
        {
            (await Acquire(Of(policy, "search", Pro), Pro, cost: 1)).Limit.ShouldBe("search/shared");
        }

        (await Peek(Of(policy, "other", Alice), Alice)).Remaining.ShouldBe([3]);
        (await Peek(Of(policy, "other", Pro), Pro)).Remaining.ShouldBe([93]);
    }

    [Fact]
    public async Task Acquire_RejectedByALaterRowUnderOtherNumbers_RefillsByThoseFromThenOn()
    {
        RateLimitPolicy policy = Policy(RateLimitAlgorithm.TokenBucket);
        await Acquire(Of(policy, "other", Alice), Alice, cost: 7);
        await Acquire(Of(policy, "search", Bob), Bob);

        await Acquire(Of(policy, "search", Pro), Pro);
        Time.Elapsed += Ms(1_200);

        (await Peek(Of(policy, "other", Alice), Alice)).Remaining.ShouldBe([5]); // 2 came back by 100/1m; by 10/1m it would be 0.2.
    }

    private static RateLimitPolicy Policy(RateLimitAlgorithm algorithm) => RateLimitPolicy.Build("files", limits => limits
        .PerUser(Of(algorithm, 10, 60_000))
        .Override(when => when.Claim("tier", "pro"), rates => rates.PerUser(Of(algorithm, 100, 60_000)))
        .Tool("search", tool => tool.Shared("1/1h")));

    private static ApplicableLimits Of(RateLimitPolicy policy, string tool, CallerIdentity caller) => policy.Select("tools/call", tool, caller);
}
