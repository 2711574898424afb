using System.Text;
using Sluice.StoreContracts;

namespace Sluice.Redis.Tests;

/// <summary>The store with shares, of which this process has taken none yet: Redis decides divided buckets by their remainders.</summary>
/// <remarks>
/// What a share decides is not exact by design: a process rejects although another one has the tokens. The simulation and the fault runs
/// hold it to its promise, that all together admit no more than one exact bucket. Left out by design: <see cref="HistoryContract{TStore}"/>
/// and <see cref="VectorContract{TStore}"/>, whose random histories change limits at will (a change that moves a bucket into the shares or
/// out of them starts it anew), and have rates that do not divide a token evenly (it is rounded up).
/// <see cref="EnvelopeContract{TStore}"/> has only buckets that are too small to be divided.
/// </remarks>
public sealed class SharesRedisUnderTest : RedisUnderTest
{
    private static readonly string[] Servers = ["files", "mail", "server"];

    protected override RedisSharesOptions? Shares => new();

    /// <summary>The clock of the test, but no timer is ever due: so the process sends no message by itself, and takes no share.</summary>
    protected override TimeProvider ClockOf(ManualTimeProvider time) => new ClockWithoutTimers(time);

    private protected override void Prepare(RedisStore store, string prefix)
    {
        KeyLayout keys = new(prefix);
        foreach (string server in Servers)
        {
            // Format 2, an epoch that does not wait, its name, the clock when it began to decide, the cursor, and the life of the server.
            byte[] header = [2, 0, .. new byte[16], .. BitConverter.GetBytes(0.0), .. Encoding.ASCII.GetBytes($"0 {ScriptClock.Server}")];
            ShareScriptScene.Database.HashSet(keys.Server(server).Shares, "@", header);
        }

        store.Layout.CheckAsync().Wait();
        store.Layout.State.ShouldBe(LayoutState.Shares);
    }

    private sealed class ClockWithoutTimers(ManualTimeProvider time) : TimeProvider
    {
        public override long TimestampFrequency => time.TimestampFrequency;

        public override long GetTimestamp() => time.GetTimestamp();

        public override DateTimeOffset GetUtcNow() => time.GetUtcNow();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            base.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }
}

public sealed class SharesRedisTokenBucketTests : TokenBucketContract<SharesRedisUnderTest>;

public sealed class SharesRedisSlidingWindowTests : SlidingWindowContract<SharesRedisUnderTest>;

public sealed class SharesRedisSlidingWindowCounterTests : SlidingWindowCounterContract<SharesRedisUnderTest>;

public sealed class SharesRedisFixedWindowTests : FixedWindowContract<SharesRedisUnderTest>;

public sealed class SharesRedisCalendarTests : CalendarContract<SharesRedisUnderTest>;

public sealed class SharesRedisAllOrNothingTests : AllOrNothingContract<SharesRedisUnderTest>;

public sealed class SharesRedisPermissiveTests : PermissiveContract<SharesRedisUnderTest>;

public sealed class SharesRedisIdentityTests : IdentityContract<SharesRedisUnderTest>;

public sealed class SharesRedisVerbsTests : VerbsContract<SharesRedisUnderTest>
{
    /// <summary>
    /// By design: for a few milliseconds after a divided bucket has rejected, its process rejects without Redis, and what another limit of
    /// the call would say is not asked. So the charge, the rejection and the debt are as the contract says, but not what each answer tells.
    /// </summary>
    [Fact]
    public override async Task Charge_AgainAndAgain_NeverOverflowsIntoCredit()
    {
        ApplicableLimits limits = Limits(policy => policy.PerClient("100/1s"));
        for (int i = 0; i < 40; i++)
        {
            await Charge(limits, Alice, int.MaxValue);
            Time.Elapsed += Ms(100);
            Answer answer = await Acquire(limits, Alice);
            answer.Decision.Outcome.ShouldBe(RateLimitOutcome.Denied, $"charge {i + 1}");
            answer.Decision.RetryAfter.ShouldBeGreaterThan(TimeSpan.FromDays(1), $"charge {i + 1}");
        }

        await Reset(limits, Alice);
        (await Acquire(limits, Alice)).Remaining.ShouldBe([99]);
    }
}

public sealed class SharesRedisLiveChangeTests : LiveChangeContract<SharesRedisUnderTest>
{
    /// <summary>
    /// By design: from 10 to 100 tokens a second the bucket moves into the shares, and starts full. Beyond that, nothing is lost.
    /// </summary>
    [Fact]
    public override async Task Acquire_LargerTokenBucket_KeepsWhatWasUsed()
    {
        await Acquire(PerUser(new Rate(10, TimeSpan.FromSeconds(1))), Alice, cost: 10);
        (await Acquire(PerUser(new Rate(100, TimeSpan.FromSeconds(1))), Alice, cost: 10)).Decision.Remaining.ShouldBe(90);

        (await Acquire(PerUser(new Rate(1_000, TimeSpan.FromSeconds(1))), Alice)).Decision.Remaining.ShouldBe(989);
        (await Acquire(PerUser(new Rate(50, TimeSpan.FromSeconds(1))), Alice)).Decision.Remaining.ShouldBe(38);
    }
}

public sealed class SharesRedisRateListTests : RateListContract<SharesRedisUnderTest>;

public sealed class SharesRedisKeyTests : KeyContract<SharesRedisUnderTest>;

public sealed class SharesRedisOverrideTests : OverrideContract<SharesRedisUnderTest>;

public sealed class SharesRedisRejectionTests : RejectionContract<SharesRedisUnderTest>;

public sealed class SharesRedisClockTests : ClockContract<SharesRedisUnderTest>;

public sealed class SharesRedisSlotsTests : SlotsContract<SharesRedisUnderTest>;

public sealed class SharesRedisCallerVectorTests : CallerVectorContract<SharesRedisUnderTest>;

public sealed class SharesRedisReservationTests : ReservationContract<SharesRedisUnderTest>
{
    protected override int CallsPerRun => 500;
}
