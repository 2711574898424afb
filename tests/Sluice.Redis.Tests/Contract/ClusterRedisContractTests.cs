using Sluice.StoreContracts;

namespace Sluice.Redis.Tests;

/// <summary>The store over a cluster of three masters.</summary>
public sealed class ClusterRedisUnderTest : RedisUnderTest
{
    private static readonly Lazy<IRedisConnection> Shared = new(() => SharedConnection.To(RedisCluster.Shared.Value.Configuration));

    internal override IRedisConnection Connection => Shared.Value;

    protected override int UsualShorterRuns => 40; // It is the script of the other stores.
}

public sealed class ClusterRedisTokenBucketTests : TokenBucketContract<ClusterRedisUnderTest>;

public sealed class ClusterRedisSlidingWindowTests : SlidingWindowContract<ClusterRedisUnderTest>;

public sealed class ClusterRedisSlidingWindowCounterTests : SlidingWindowCounterContract<ClusterRedisUnderTest>;

public sealed class ClusterRedisFixedWindowTests : FixedWindowContract<ClusterRedisUnderTest>;

public sealed class ClusterRedisCalendarTests : CalendarContract<ClusterRedisUnderTest>;

public sealed class ClusterRedisAllOrNothingTests : AllOrNothingContract<ClusterRedisUnderTest>;

public sealed class ClusterRedisPermissiveTests : PermissiveContract<ClusterRedisUnderTest>;

public sealed class ClusterRedisIdentityTests : IdentityContract<ClusterRedisUnderTest>;

public sealed class ClusterRedisVerbsTests : VerbsContract<ClusterRedisUnderTest>;

public sealed class ClusterRedisLiveChangeTests : LiveChangeContract<ClusterRedisUnderTest>;

public sealed class ClusterRedisRateListTests : RateListContract<ClusterRedisUnderTest>;

public sealed class ClusterRedisKeyTests : KeyContract<ClusterRedisUnderTest>;

public sealed class ClusterRedisOverrideTests : OverrideContract<ClusterRedisUnderTest>;

public sealed class ClusterRedisRejectionTests : RejectionContract<ClusterRedisUnderTest>;

[Nightly]
public sealed class ClusterRedisEnvelopeTests : EnvelopeContract<ClusterRedisUnderTest>;

public sealed class ClusterRedisClockTests : ClockContract<ClusterRedisUnderTest>;

public sealed class ClusterRedisVectorTests : VectorContract<ClusterRedisUnderTest>;

public sealed class ClusterRedisHistoryTests : HistoryContract<ClusterRedisUnderTest>
{
    protected override int HistoriesInNormalRun => 100;
}

public sealed class ClusterRedisReservationTests : ReservationContract<ClusterRedisUnderTest>
{
    protected override int CallsPerRun => 1_000;
}

public sealed class ClusterRedisCallerHistoryTests : CallerHistoryContract<ClusterRedisUnderTest>
{
    protected override int Histories => 20;
}

public sealed class ClusterRedisReservationHistoryTests : ReservationHistoryContract<ClusterRedisUnderTest>
{
    protected override int Histories => 30;
}

public sealed class ClusterRedisCallerVectorTests : CallerVectorContract<ClusterRedisUnderTest>;
