using Sluice.StoreContracts;

namespace Sluice.Redis.Tests;

public sealed class RedisTokenBucketTests : TokenBucketContract<RedisUnderTest>;

public sealed class RedisSlidingWindowTests : SlidingWindowContract<RedisUnderTest>;

public sealed class RedisSlidingWindowCounterTests : SlidingWindowCounterContract<RedisUnderTest>;

public sealed class RedisFixedWindowTests : FixedWindowContract<RedisUnderTest>;

public sealed class RedisCalendarTests : CalendarContract<RedisUnderTest>;

public sealed class RedisAllOrNothingTests : AllOrNothingContract<RedisUnderTest>;

public sealed class RedisPermissiveTests : PermissiveContract<RedisUnderTest>;

public sealed class RedisIdentityTests : IdentityContract<RedisUnderTest>;

public sealed class RedisVerbsTests : VerbsContract<RedisUnderTest>;

public sealed class RedisLiveChangeTests : LiveChangeContract<RedisUnderTest>;

public sealed class RedisRateListTests : RateListContract<RedisUnderTest>;

public sealed class RedisKeyTests : KeyContract<RedisUnderTest>;

public sealed class RedisOverrideTests : OverrideContract<RedisUnderTest>;

public sealed class RedisRejectionTests : RejectionContract<RedisUnderTest>;

public sealed class RedisEnvelopeTests : EnvelopeContract<RedisUnderTest>;

public sealed class RedisClockTests : ClockContract<RedisUnderTest>;

public sealed class RedisSlotsTests : SlotsContract<RedisUnderTest>;

public sealed class RedisVectorTests : VectorContract<RedisUnderTest>;

public sealed class RedisHistoryTests : HistoryContract<RedisUnderTest>
{
    protected override int HistoriesInNormalRun => 300;
}

public sealed class RedisCallerHistoryTests : CallerHistoryContract<RedisUnderTest>
{
    protected override int Histories => 40;
}

public sealed class RedisReservationTests : ReservationContract<RedisUnderTest>
{
    protected override int CallsPerRun => 2_000;
}

public sealed class RedisReservationHistoryTests : ReservationHistoryContract<RedisUnderTest>
{
    protected override int Histories => 100;
}

public sealed class RedisCallerVectorTests : CallerVectorContract<RedisUnderTest>;
