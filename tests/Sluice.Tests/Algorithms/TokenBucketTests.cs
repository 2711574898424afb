using FsCheck;
using FsCheck.Fluent;

namespace Sluice.Tests;

public class TokenBucketTests
{
    private static readonly Config ManySteps = Config.QuickThrowOnFailure.WithMaxTest(200_000);

    [Fact]
    public void Admits_InSixtyFourBits_AnswersAsIn128() => Prop.ForAll(TokenBucketStep.Any(), step =>
    {
        (LimitNumbers limit, ulong now, BucketState state) = (step.Limit, step.Now, step.State);

        bool admits = TokenBucket.Admits(limit, state, now, step.Cost, out BucketState next, out ulong wait);

        admits.ShouldBe(TokenBucket.AdmitsExactly(limit, state, now, step.Cost, out BucketState exact, out ulong exactWait));
        next.ShouldBe(exact);
        wait.ShouldBe(exactWait);
        TokenBucket.Remaining(limit, next, now).ShouldBe(TokenBucket.RemainingExactly(limit, next, now));
    }).Check(ManySteps);

    [Fact]
    public void AdmitsOneAndRefusesOne_WhenSure_AnswerAsIn128()
    {
        int admitted = 0;
        int refused = 0;
        Prop.ForAll(TokenBucketStep.Any(), step =>
        {
            (LimitNumbers limit, ulong now, BucketState state) = (step.Limit, step.Now, step.State);
            bool admits = TokenBucket.AdmitsExactly(limit, state, now, 1, out BucketState exact, out ulong exactWait);

            // Both are sure wherever 64 bits carry the sum, and nowhere else.
            bool isNear = state.Time < 1UL << 63;
            TokenBucket.AdmitsOne(limit, state.Time, state.Word, now, out ulong time, out ulong word).ShouldBe(admits && isNear);
            if (admits && isNear)
            {
                admitted++;
                new BucketState(time, word).ShouldBe(exact);
                TokenBucket.RemainingAfterOne(limit, time, word, now).ShouldBe(TokenBucket.RemainingExactly(limit, exact, now));
            }

            TokenBucket.RejectsOne(limit, state.Time, state.Word, now, out ulong wait).ShouldBe(!admits && isNear);
            if (!admits && isNear)
            {
                refused++;
                wait.ShouldBe(exactWait);
                TokenBucket.RemainingExactly(limit, state, now).ShouldBe(0);
            }
        }).Check(ManySteps);

        admitted.ShouldBeGreaterThan(20_000);
        refused.ShouldBeGreaterThan(20_000);
    }

    // Who looks at a bucket before the lock may find half of one state and half of another.
    [Fact]
    public void AdmitsOneAndRemainingAfterOne_AnyTwoWords_DoNotThrow()
    {
        foreach (LimitNumbers limit in Corners.Limits(RateLimitAlgorithm.TokenBucket).Where(limit => limit.IsNarrow))
        {
            foreach (ulong now in Corners.Instants)
            {
                foreach (ulong time in new ulong[] { 0, 1, now - 1, now, now + limit.RoomTicks, (1UL << 63) - 1, ulong.MaxValue })
                {
                    foreach (ulong word in new ulong[] { 0, limit.RoomRest, limit.RateUnits, (1UL << 31) - 1, ulong.MaxValue })
                    {
                        bool admits = TokenBucket.AdmitsOne(limit, time, word, now, out ulong nextTime, out ulong nextWord);
                        int remaining = TokenBucket.RemainingAfterOne(limit, nextTime, nextWord, now);
                        if (admits && word < limit.RateUnits)
                        {
                            remaining.ShouldBeGreaterThanOrEqualTo(0);
                        }
                    }
                }
            }
        }
    }

    [Fact]
    public void Refund_OfACharge_IsTheStateBefore()
    {
        foreach (LimitNumbers limit in Corners.Limits(RateLimitAlgorithm.TokenBucket))
        {
            ulong now = Corners.Instants[2];
            foreach (ulong rest in new ulong[] { 0, limit.RateUnits / 2, limit.RateUnits - 1 })
            {
                BucketState state = new(now + 1_000, rest);
                foreach (ulong cost in Corners.Costs(limit))
                {
                    TokenBucket.Refund(limit, TokenBucket.Charge(limit, state, now, cost), now, cost).ShouldBe(state);
                }
            }
        }
    }

    [Fact]
    public void Merge_OfStatesInOneTick_OwesTheGreaterRest()
    {
        ulong now = Corners.Instants[2];
        BucketState less = new(now, 1);
        BucketState more = new(now, 5);

        TokenBucket.Merge(less, more).ShouldBe(more);
        TokenBucket.Merge(more, less).ShouldBe(more);
    }

    [Fact]
    public void Admits_SevenPerSecondForADay_LosesNothing()
    {
        LimitNumbers limit = new(new Rate(7, TimeSpan.FromSeconds(1), RateLimitAlgorithm.TokenBucket, burst: 2, align: false), 0);
        BucketState state = default;
        ulong now = LimitNumbers.OriginTicks;
        int admitted = 0;
        while (now <= LimitNumbers.OriginTicks + TimeSpan.TicksPerDay)
        {
            if (TokenBucket.Admits(limit, state, now, 1, out state, out ulong wait))
            {
                admitted++;
            }
            else
            {
                now += wait;
            }
        }

        admitted.ShouldBe((7 * 86_400) + 2);
    }

    [Fact]
    public void Admits_OnePerMonth_IsPolledInVain()
    {
        LimitNumbers limit = new(new Rate(1, TimeSpan.FromDays(30)), 0);
        ulong now = LimitNumbers.OriginTicks;
        TokenBucket.Admits(limit, default, now, 1, out BucketState state, out _).ShouldBeTrue();
        for (int poll = 1; poll < 30 * 24; poll++)
        {
            TokenBucket.Admits(limit, state, now + (ulong)(poll * TimeSpan.TicksPerHour), 1, out state, out _).ShouldBeFalse();
        }

        TokenBucket.Admits(limit, state, now + (30 * TimeSpan.TicksPerDay), 1, out _, out _).ShouldBeTrue();
    }

    [Fact]
    public void Charge_BeyondTheLastInstant_Saturates()
    {
        LimitNumbers limit = new(new Rate(1, Rate.MaxRefillPeriod), 0);
        BucketState state = default;
        for (int i = 0; i < 300_000; i++)
        {
            state = TokenBucket.Charge(limit, state, LimitNumbers.OriginTicks, int.MaxValue);
        }

        state.ShouldBe(TokenBucket.Charge(limit, state, LimitNumbers.OriginTicks, int.MaxValue));
        TokenBucket.ResetAt(state).ShouldBe(ulong.MaxValue);
    }

    [Fact]
    public void Charge_UpToTheLastInstant_LosesNothing()
    {
        LimitNumbers limit = new(new Rate(7, TimeSpan.FromSeconds(1)), 0);
        UInt128 time = TokenBucket.MaxTime - limit.TokenTicks;
        const int RestBits = 31;
        BucketState state = new((ulong)(time & ulong.MaxValue), (ulong)(time >> 64) << RestBits);

        BucketState last = TokenBucket.Charge(limit, state, LimitNumbers.OriginTicks, 1);

        last.ShouldBe(new BucketState(ulong.MaxValue, ((ulong)(TokenBucket.MaxTime >> 64) << RestBits) | limit.TokenRest));
        limit.TokenRest.ShouldBeGreaterThan(0UL);
    }

    [Fact]
    public void Convert_ThirtyOfAHundredUsed_KeepsThirtyUsed()
    {
        LimitNumbers old = new(new Rate(100, TimeSpan.FromMinutes(1)), 0);
        LimitNumbers smaller = new(new Rate(50, TimeSpan.FromHours(1)), 0);
        LimitNumbers tiny = new(new Rate(20, TimeSpan.FromMinutes(1)), 0);
        BucketState used = TokenBucket.Charge(old, default, LimitNumbers.OriginTicks, 30);

        Remaining(smaller).ShouldBe(20);
        Remaining(tiny).ShouldBe(0);
        TokenBucket.ResetAt(TokenBucket.Convert(old, tiny, used, LimitNumbers.OriginTicks))
            .ShouldBe(LimitNumbers.OriginTicks + TimeSpan.TicksPerMinute);

        int Remaining(LimitNumbers limit) => TokenBucket.Remaining(
            limit, TokenBucket.Convert(old, limit, used, LimitNumbers.OriginTicks), LimitNumbers.OriginTicks);
    }
}
