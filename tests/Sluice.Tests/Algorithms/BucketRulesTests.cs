using System.Runtime.CompilerServices;
using Sluice.StoreContracts;

namespace Sluice.Tests;

/// <summary>What every algorithm keeps to, at the corners of every range.</summary>
public class BucketRulesTests
{
    public static TheoryData<RateLimitAlgorithm> Algorithms =>
        [RateLimitAlgorithm.TokenBucket, RateLimitAlgorithm.SlidingWindowCounter, RateLimitAlgorithm.FixedWindow];

    /// <summary>Every operation that all algorithms have.</summary>
    private static readonly Dictionary<string, Action<LimitNumbers>> Operations = new()
    {
        [nameof(BucketRules.Admits)] = limit => BucketRules.Admits(limit, default, Now, 1, out _, out _),
        [nameof(BucketRules.Remaining)] = limit => BucketRules.Remaining(limit, default, Now),
        [nameof(BucketRules.ResetAt)] = limit => BucketRules.ResetAt(limit, Used),
        [nameof(BucketRules.ResetAfter)] = limit => BucketRules.ResetAfter(limit, Used, Now),
        [nameof(BucketRules.Charge)] = limit => BucketRules.Charge(limit, default, Now, 1),
        [nameof(BucketRules.Refund)] = limit => BucketRules.Refund(limit, default, Now, 1),
        [nameof(BucketRules.Convert)] = limit => BucketRules.Convert(limit, limit, Used, Now),
        [nameof(BucketRules.Merge)] = limit => BucketRules.Merge(limit, Used, Used, Now),
        [nameof(BucketRules.MostUsedState)] = limit => BucketRules.MostUsedState(limit, Now, Now, Now),
        [nameof(BucketRules.IsOverdrawn)] = limit => BucketRules.IsOverdrawn(limit, Used, Now),
        [nameof(ObservedBucket.At)] = limit => new ObservedBucket(limit, Used, Now, 10).At(limit, Now),
    };

    private static readonly BucketState Used = new(Now, 1);
    private const ulong Now = LimitNumbers.OriginTicks;

    public static TheoryData<string> OperationNames => [.. Operations.Keys];

    public static TheoryData<RateLimitAlgorithm> AllAlgorithms => [.. PeriodAlgorithms.All];

    [Theory]
    [MemberData(nameof(OperationNames))]
    public void Operation_UnknownAlgorithm_Throws(string operation)
    {
        LimitNumbers limit = new(new Rate(5, TimeSpan.FromSeconds(1)), 0);
        AlgorithmOf(limit) = (RateLimitAlgorithm)99;

        Should.Throw<SwitchExpressionException>(() => Operations[operation](limit)).UnmatchedValue.ShouldBe((RateLimitAlgorithm)99);
    }

    [Theory]
    [MemberData(nameof(Algorithms))]
    public void Admits_Refused_AdmitsAtTheWaitAndNotATickBefore(RateLimitAlgorithm algorithm)
    {
        int rejections = 0;
        foreach (LimitNumbers limit in Corners.Limits(algorithm))
        {
            foreach (ulong now in Corners.Instants)
            {
                foreach (ulong cost in Corners.Costs(limit))
                {
                    foreach (BucketState state in States(limit, now))
                    {
                        if (BucketRules.Admits(limit, state, now, cost, out BucketState next, out ulong wait))
                        {
                            wait.ShouldBe(0UL);
                            continue;
                        }

                        next.ShouldBe(state);
                        wait.ShouldBeGreaterThan(0UL);
                        if (wait < long.MaxValue && wait < ulong.MaxValue - now - (4 * limit.PeriodTicks))
                        {
                            rejections++;
                            BucketRules.Admits(limit, state, now + wait - 1, cost, out _, out ulong last).ShouldBeFalse();
                            last.ShouldBe(1UL);
                            BucketRules.Admits(limit, state, now + wait, cost, out _, out _).ShouldBeTrue();
                        }
                    }
                }
            }
        }

        rejections.ShouldBeGreaterThan(500);
    }

    [Theory]
    [MemberData(nameof(Algorithms))]
    public void ResetAt_AnyState_IsTheFirstTickWithEverythingThere(RateLimitAlgorithm algorithm)
    {
        foreach (LimitNumbers limit in Corners.Limits(algorithm))
        {
            foreach (ulong now in Corners.Instants)
            {
                foreach (BucketState state in States(limit, now))
                {
                    ulong reset = BucketRules.ResetAt(limit, state);
                    if (reset > now && reset < ulong.MaxValue - (4 * limit.PeriodTicks))
                    {
                        BucketRules.Remaining(limit, state, reset).ShouldBe((int)limit.Capacity);
                        BucketRules.Admits(limit, state, reset, limit.Capacity, out BucketState next, out _).ShouldBeTrue();
                        BucketRules.Admits(limit, default, reset, limit.Capacity, out BucketState fresh, out _).ShouldBeTrue();
                        next.ShouldBe(fresh);
                    }
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(AllAlgorithms))]
    public void ResetAt_NewBucket_IsZero(RateLimitAlgorithm algorithm)
    {
        foreach (LimitNumbers limit in Corners.Limits(algorithm))
        {
            BucketRules.ResetAt(limit, default).ShouldBe(0UL);
        }
    }

    [Theory]
    [MemberData(nameof(Algorithms))]
    public void Refund_WhatWasCharged_RestoresTheTokens(RateLimitAlgorithm algorithm)
    {
        foreach (LimitNumbers limit in Corners.Limits(algorithm))
        {
            foreach (ulong now in Corners.Instants)
            {
                foreach (BucketState state in States(limit, now))
                {
                    int before = BucketRules.Remaining(limit, state, now);
                    foreach (ulong cost in Corners.Costs(limit))
                    {
                        BucketState charged = BucketRules.Charge(limit, state, now, cost);
                        BucketRules.Remaining(limit, charged, now).ShouldBe(Math.Max(0, before - (int)cost), $"{limit.MaxTokens}/{limit.PeriodTicks} {limit.IsAligned} {limit.PhaseTicks} now {now} {state} {charged}");
                        BucketState refunded = BucketRules.Refund(limit, charged, now, cost);
                        BucketRules.Remaining(limit, refunded, now).ShouldBe(before);
                    }

                    BucketState emptied = state;
                    for (int i = 0; i < 3; i++)
                    {
                        emptied = BucketRules.Refund(limit, emptied, now, int.MaxValue);
                    }

                    emptied.ShouldBe(default);
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Algorithms))]
    public void Refund_AllThatWasCharged_MakesTheBucketNew(RateLimitAlgorithm algorithm)
    {
        foreach (LimitNumbers limit in Corners.Limits(algorithm))
        {
            foreach (ulong cost in Corners.Costs(limit))
            {
                ulong now = Corners.Instants[1];
                BucketRules.Refund(limit, BucketRules.Charge(limit, default, now, cost), now, cost).ShouldBe(default);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Algorithms))]
    public void Charge_AgainAndAgain_SaturatesAndNeverForgives(RateLimitAlgorithm algorithm)
    {
        foreach (LimitNumbers limit in Corners.Limits(algorithm))
        {
            ulong now = LimitNumbers.OriginTicks + long.MaxValue;
            BucketState state = default;
            ulong reset = 0;
            for (int i = 0; i < 300; i++)
            {
                state = BucketRules.Charge(limit, state, now, int.MaxValue);
                ulong later = BucketRules.ResetAt(limit, state);
                later.ShouldBeGreaterThanOrEqualTo(reset);
                reset = later;
            }

            BucketRules.Remaining(limit, state, now).ShouldBe(0);
            BucketRules.Admits(limit, state, now, 1, out _, out _).ShouldBeFalse();
            BucketRules.IsOverdrawn(limit, state, now).ShouldBeTrue();
            if (reset == ulong.MaxValue)
            {
                BucketRules.ResetAfter(limit, state, now).ShouldBe((ulong)long.MaxValue); // The longest wait there is, though the instant was cut off.
            }
        }
    }

    [Theory]
    [MemberData(nameof(Algorithms))]
    public void Convert_AnyState_OwesNoMoreThanTheNewLimitHolds(RateLimitAlgorithm algorithm)
    {
        LimitNumbers[] limits = [.. Corners.Limits(algorithm).Where((_, index) => index % 7 == 0)];
        limits.ShouldAllBe(limit => BucketRules.Convert(limits[0], limit, default, Corners.Instants[2]) == default);
        foreach (LimitNumbers old in limits)
        {
            foreach (LimitNumbers limit in limits)
            {
                foreach (BucketState state in States(old, Corners.Instants[2]))
                {
                    ulong now = Corners.Instants[2];
                    BucketState converted = BucketRules.Convert(old, limit, state, now);

                    BucketRules.IsOverdrawn(limit, converted, now).ShouldBeFalse();
                }

                // An aligned window may have begun longer ago than the other limit's window lasts.
                foreach (ulong cost in Corners.Costs(old).Where(_ => !old.IsAligned))
                {
                    ulong now = Corners.Instants[2];
                    BucketState used = BucketRules.Charge(old, default, now, cost);

                    BucketRules.Remaining(limit, BucketRules.Convert(old, limit, used, now), now)
                        .ShouldBe((int)(limit.Capacity - Math.Min(limit.Capacity, cost)));
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Algorithms))]
    public void MostUsedState_AnyState_IsCoveredUntilItsReset(RateLimitAlgorithm algorithm)
    {
        foreach (LimitNumbers limit in Corners.Limits(algorithm).Where((_, index) => index % 3 == 0))
        {
            ulong now = Corners.Instants[2];
            BucketState[] states = [.. States(limit, now)];
            foreach (BucketState state in states)
            {
                ulong reset = BucketRules.ResetAt(limit, state);
                ulong overdrawn = BucketRules.IsOverdrawn(limit, state, now) ? reset : 0;
                if (reset > now)
                {
                    ShouldCover(limit, BucketRules.MostUsedState(limit, reset, overdrawn, now), state, now);
                    foreach (BucketState other in states)
                    {
                        ShouldCover(limit, BucketRules.Merge(limit, state, other, now), state, now);
                    }
                }
            }
        }
    }

    // A fold that owed longer than what went into it would refuse newcomers for nothing; one that forgot a debt, which only a
    // refund could bring to light, would forgive.
    [Theory]
    [MemberData(nameof(AllAlgorithms))]
    public void MostUsedState_OfBucketsThatWereNotOverdrawn_OwesWhatTheyHoldUntilThen(RateLimitAlgorithm algorithm)
    {
        foreach (LimitNumbers limit in LimitsWithinTime(algorithm))
        {
            ulong now = Corners.Instants[2];
            ulong latest = LatestReset(limit, now);
            foreach (ulong until in limit.IsAligned ? [latest] : new[] { latest - ((latest - now) / 2), latest })
            {
                BucketState worst = BucketRules.MostUsedState(limit, until, overdrawnUntilTicks: now, now);

                BucketRules.ResetAt(limit, worst).ShouldBe(until);
                BucketRules.IsOverdrawn(limit, worst, now).ShouldBeFalse();
            }

            BucketState capped = BucketRules.MostUsedState(limit, latest + 123_456, overdrawnUntilTicks: 0, now);
            BucketRules.ResetAt(limit, capped).ShouldBeInRange(latest, latest + 1); // A tick for a bucket that is full within one.
        }
    }

    [Theory]
    [MemberData(nameof(AllAlgorithms))]
    public void MostUsedState_OfBucketsThatMayBeOverdrawn_IsOverdrawn(RateLimitAlgorithm algorithm)
    {
        foreach (LimitNumbers limit in LimitsWithinTime(algorithm))
        {
            ulong now = Corners.Instants[2];
            ulong latest = LatestReset(limit, now);
            ulong overdrawnUntil = algorithm == RateLimitAlgorithm.TokenBucket ? latest + 123_456 : now + 1;
            BucketState worst = BucketRules.MostUsedState(limit, latest, overdrawnUntil, now);

            BucketRules.IsOverdrawn(limit, worst, now).ShouldBeTrue();
            BucketRules.ResetAt(limit, worst).ShouldBe(Math.Max(latest, overdrawnUntil));
        }
    }

    [Theory]
    [MemberData(nameof(AllAlgorithms))]
    public void Merge_WithAStateThatIsNewAtThisVeryTick_IsTheOther(RateLimitAlgorithm algorithm)
    {
        foreach (LimitNumbers limit in LimitsWithinTime(algorithm).Where(limit => !limit.IsAligned))
        {
            ulong now = Corners.Instants[2] + (1UL << 62);
            BucketState other = BucketRules.MostUsedState(limit, now + ((LatestReset(limit, now) - now) / 2), 0, now);
            BucketState past = BucketRules.MostUsedState(limit, now, now - 1, now - 1);
            BucketRules.ResetAt(limit, past).ShouldBe(now);

            BucketRules.Merge(limit, other, past, now).ShouldBe(other);
            BucketRules.Merge(limit, past, other, now).ShouldBe(other);
        }
    }

    [Theory]
    [InlineData(0, 7, false)]
    [InlineData(7, 0, false)]
    [InlineData(7, 7, false)]
    [InlineData(0, 8, true)]
    [InlineData(8, 0, true)]
    public void IsOverdrawn_Counter_LooksAtBothWindows(ulong previous, ulong current, bool expected)
    {
        LimitNumbers limit = new(new Rate(7, TimeSpan.FromSeconds(1), RateLimitAlgorithm.SlidingWindowCounter, null, align: false), 0);
        ulong now = Corners.Instants[2];

        BucketRules.IsOverdrawn(limit, new BucketState(now, (previous << 32) | current), now).ShouldBe(expected);
    }

    /// <summary>Limits whose buckets fill within time that can be told, and not within a tick.</summary>
    private static IEnumerable<LimitNumbers> LimitsWithinTime(RateLimitAlgorithm algorithm) => Corners.Limits(algorithm)
        .Where(limit => algorithm != RateLimitAlgorithm.TokenBucket || (limit.FullTicks > 3 && limit.FullTicks < 1UL << 61));

    /// <summary>When a bucket is new again that has been used up at an instant and is not overdrawn.</summary>
    private static ulong LatestReset(LimitNumbers limit, ulong now) => limit.Algorithm switch
    {
        RateLimitAlgorithm.TokenBucket => now + (ulong)limit.FullTicks,
        RateLimitAlgorithm.SlidingWindow => now + limit.PeriodTicks,
        RateLimitAlgorithm.FixedWindow => FixedWindow.ResetAt(limit, FixedWindow.Charge(limit, default, now, 1)),
        _ => now + (2 * limit.PeriodTicks),
    };

    private static void ShouldCover(LimitNumbers limit, BucketState cover, BucketState state, ulong now)
    {
        ulong end = Math.Min(BucketRules.ResetAt(limit, state), now + (1UL << 62));
        for (int step = 0; step <= 8; step++)
        {
            ulong at = now + ((end - now) / 8 * (ulong)step);
            BucketRules.Remaining(limit, cover, at).ShouldBeLessThanOrEqualTo(
                BucketRules.Remaining(limit, state, at), $"{limit.MaxTokens}/{limit.PeriodTicks} {state} under {cover} at {at}");
        }
    }

    /// <summary>States that a bucket of a limit can have at an instant, made by its own operations at and before it.</summary>
    private static IEnumerable<BucketState> States(LimitNumbers limit, ulong now)
    {
        yield return default;
        ulong[] ages = [0, 1, limit.PeriodTicks / 3, limit.PeriodTicks - 1, limit.PeriodTicks, limit.PeriodTicks + 1];
        foreach (ulong age in ages.Where(age => now - LimitNumbers.OriginTicks >= age))
        {
            foreach (ulong cost in Corners.Costs(limit))
            {
                BucketState one = BucketRules.Charge(limit, default, now - age, cost);
                yield return one;
                yield return BucketRules.Charge(limit, one, now, limit.Capacity);
            }
        }
    }

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "<Algorithm>k__BackingField")]
    private static extern ref RateLimitAlgorithm AlgorithmOf(LimitNumbers limit);
}
