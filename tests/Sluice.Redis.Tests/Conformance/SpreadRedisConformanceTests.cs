using Sluice.Conformance;

namespace Sluice.Redis.Tests;

/// <summary>The store over a cluster of three masters, with every caller's row in a slot of its own.</summary>
/// <remarks>
/// It replays no vectors and histories in which a limit's numbers change or calls wait, and no general ones, which have both: where a limit's numbers have changed, a reservation converts the bucket, and is
/// taken back under the new numbers, while the model converts nothing when it refuses. Where two rows delay a call for equally long, another
/// of the two counts as the one that decided.
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

public sealed class SpreadRedisRefusalTests : RefusalContract<SpreadRedisUnderTest>;

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
