using Sluice.StoreContracts;

namespace Sluice.Redis.Tests;

/// <summary>The store over TLS, with an authority of its own, and a password.</summary>
public sealed class TlsRedisUnderTest : RedisUnderTest
{
    private static readonly Lazy<IRedisConnection> Shared = new(() => SharedConnection.To(TlsRedisServer.Shared.Value.Configuration, TlsRedisServer.Shared.Value.AuthorityPath));

    internal override IRedisConnection Connection => Shared.Value;

    protected override int UsualShorterRuns => 40; // It is the script of the other stores.
}

public sealed class TlsRedisTokenBucketTests : TokenBucketContract<TlsRedisUnderTest>;

public sealed class TlsRedisSlidingWindowTests : SlidingWindowContract<TlsRedisUnderTest>;

public sealed class TlsRedisSlidingWindowCounterTests : SlidingWindowCounterContract<TlsRedisUnderTest>;

public sealed class TlsRedisFixedWindowTests : FixedWindowContract<TlsRedisUnderTest>;

public sealed class TlsRedisCalendarTests : CalendarContract<TlsRedisUnderTest>;

public sealed class TlsRedisAllOrNothingTests : AllOrNothingContract<TlsRedisUnderTest>;

public sealed class TlsRedisPermissiveTests : PermissiveContract<TlsRedisUnderTest>;

public sealed class TlsRedisIdentityTests : IdentityContract<TlsRedisUnderTest>;

public sealed class TlsRedisVerbsTests : VerbsContract<TlsRedisUnderTest>;

public sealed class TlsRedisLiveChangeTests : LiveChangeContract<TlsRedisUnderTest>;

public sealed class TlsRedisRateListTests : RateListContract<TlsRedisUnderTest>;

public sealed class TlsRedisKeyTests : KeyContract<TlsRedisUnderTest>;

public sealed class TlsRedisOverrideTests : OverrideContract<TlsRedisUnderTest>;

public sealed class TlsRedisRejectionTests : RejectionContract<TlsRedisUnderTest>;

[Nightly]
public sealed class TlsRedisEnvelopeTests : EnvelopeContract<TlsRedisUnderTest>;

public sealed class TlsRedisClockTests : ClockContract<TlsRedisUnderTest>;

public sealed class TlsRedisVectorTests : VectorContract<TlsRedisUnderTest>;

public sealed class TlsRedisHistoryTests : HistoryContract<TlsRedisUnderTest>
{
    protected override int HistoriesInNormalRun => 100;
}
