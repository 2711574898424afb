using System.Collections.Immutable;

namespace Sluice.StoreContracts;

/// <summary>Makes histories from seeds, with a liking for the corners of every range.</summary>
/// <param name="store">What the histories are for: its clock's step, and the rates that it keeps exactly.</param>
/// <remarks>Thread safety: safe; equal seeds make equal histories.</remarks>
public sealed class HistoryGenerator(StoreUnderTest store)
{
    private const int MaxSteps = 12;
    private const long TicksPerYear = 366 * TimeSpan.TicksPerDay;

    private static readonly OperationKind[] Kinds = [OperationKind.Server, OperationKind.Method, OperationKind.Tool];
    private static readonly RateLimitScope[] Scopes = Enum.GetValues<RateLimitScope>();

    private static readonly int[] TokenCorners =
        [1, 1, 2, 3, 5, 7, 10, 60, 100, 1_000, 4_000_000, 1_000_000_000, int.MaxValue - 1, int.MaxValue];

    private static readonly long[] PeriodCorners =
    [
        TimeSpan.TicksPerMillisecond, 10 * TimeSpan.TicksPerMillisecond, TimeSpan.TicksPerSecond, TimeSpan.TicksPerSecond,
        7 * TimeSpan.TicksPerSecond, TimeSpan.TicksPerMinute, TimeSpan.TicksPerHour, TimeSpan.TicksPerDay,
        30 * TimeSpan.TicksPerDay, TicksPerYear,
    ];

    private readonly long _stepTicks = store.Resolution.Ticks;

    /// <summary>The history of a seed.</summary>
    public History Create(ulong seed)
    {
        SplitMix random = new(seed);
        HistoryPolicy[] policies = new HistoryPolicy[random.OneIn(3) ? 2 : random.OneIn(9) ? 3 : 1];
        policies[0] = Policy(random);
        for (int i = 1; i < policies.Length; i++)
        {
            policies[i] = Changed(random, policies[0]);
        }

        HistoryStep[] steps = new HistoryStep[random.Next(1, MaxSteps + 1)];
        int policy = 0;
        int caller = random.Next(0, History.Callers.Length);
        for (int i = 0; i < steps.Length; i++)
        {
            policy = random.OneIn(3) ? random.Next(0, policies.Length) : policy;
            caller = random.OneIn(4) ? random.Next(0, History.Callers.Length) : caller;
            steps[i] = Step(random, policies[policy], policy, caller);
        }

        return new History(Start(random), [.. policies], [.. steps]);
    }

    /// <summary>The history of a seed with more rates for some of its scopes, which get company, are reordered, and part again.</summary>
    public History CreateWithLists(ulong seed)
    {
        History history = Create(seed);
        SplitMix random = new(~seed);

        // Permissive rates of one list can differ in whether they are charged, and so in whether there is a bucket.
        HistoryPolicy full = new(WithCompany(random, history.Policies[0].Limits), LimitMode.Enforce, LimitMode.Enforce);
        ImmutableArray<HistoryPolicy> policies =
            [full, .. history.Policies.Skip(1).Select((_, index) => full with { Limits = Rearranged(random, full.Limits, mayDrop: index == 0) })];
        return history with
        {
            Policies = policies,
            Steps =
            [
                .. history.Steps.Select(step => step.Verb != HistoryVerb.Charge ? step : step with
                {
                    Cost = Math.Min(step.Cost, policies[step.Policy].Limits.Min(limit => store.LargestForcedCharge(limit.Rate))),
                }),
            ],
        };
    }

    /// <summary>The history of a seed with windows of a calendar for some of its limits.</summary>
    public History CreateWithCalendars(ulong seed) => CalendarHistories.Of(Create(seed), ~seed, _stepTicks);

    private ImmutableArray<HistoryLimit> WithCompany(SplitMix random, ImmutableArray<HistoryLimit> limits)
    {
        List<HistoryLimit> all = [.. limits];
        int more = random.Next(1, 4);
        for (int i = 0; i < more; i++)
        {
            HistoryLimit company = random.Of([.. all]) with { Rate = Rate(random) };
            HistoryLimit[] list = [.. all.Where(limit => limit.Kind == company.Kind && limit.Scope == company.Scope)];

            // Over Redis a sliding window among others of its kind starts conservatively when its list changes.
            bool isSecondLog = company.Rate.Algorithm == RateLimitAlgorithm.SlidingWindow
                && list.Any(limit => limit.Rate.Algorithm == RateLimitAlgorithm.SlidingWindow);
            if (list.Length < RateList.MaxCount && !isSecondLog && list.All(limit => RateKey.Of(limit.Rate) != RateKey.Of(company.Rate)))
            {
                all.Add(company);
            }
        }

        return [.. all];
    }

    /// <summary>The same limits in another order, with other tokens, and perhaps some of those with company gone.</summary>
    /// <remarks>
    /// One policy only drops limits: of two that drop different ones, the second takes over what the first named, and whether a
    /// store has seen both together before then matters.
    /// </remarks>
    private ImmutableArray<HistoryLimit> Rearranged(SplitMix random, ImmutableArray<HistoryLimit> limits, bool mayDrop)
    {
        HistoryLimit[] rearranged =
        [
            .. limits
                .Where(limit => !mayDrop || !random.OneIn(4) || limits.Count(other => other.Kind == limit.Kind && other.Scope == limit.Scope) == 1)
                .Reverse()
                .Select(limit => random.OneIn(3) ? limit with { Rate = WithOtherTokens(random, limit.Rate) } : limit),
        ];
        return rearranged.Length == 0 ? limits : [.. rearranged];
    }

    private Rate WithOtherTokens(SplitMix random, Rate rate)
    {
        Rate changed = new(Tokens(random), rate.RefillPeriod, rate.Algorithm, rate.Burst, rate.Align);
        return store.IsExactFor(changed) ? changed : rate;
    }

    private long Start(SplitMix random) => !random.OneIn(16) ? 0
        : random.OneIn(2) ? InSteps(random.NextLong(0, 100 * TicksPerYear))
        : InSteps(Math.Max(0, store.LastInstant.Ticks - random.NextLong(0, 3 * TicksPerYear)));

    private HistoryPolicy Policy(SplitMix random)
    {
        int count = random.Next(1, 5);
        List<HistoryLimit> limits = [];
        while (limits.Count < count)
        {
            HistoryLimit limit = new(random.Of(Kinds), random.Of(Scopes), Rate(random));
            if (limits.All(other => other.Kind != limit.Kind || other.Scope != limit.Scope))
            {
                limits.Add(limit);
            }
        }

        return new HistoryPolicy([.. limits], Mode(random), Mode(random));
    }

    /// <summary>A policy of mostly the same limits with mostly other numbers.</summary>
    private HistoryPolicy Changed(SplitMix random, HistoryPolicy policy)
    {
        ImmutableArray<HistoryLimit> limits =
            [.. policy.Limits.Select(limit => random.OneIn(4) ? limit : limit with { Rate = Changed(random, limit.Rate) })];
        return random.OneIn(8) ? Policy(random) : new HistoryPolicy(limits, Mode(random), Mode(random));
    }

    private Rate Changed(SplitMix random, Rate rate)
    {
        Rate other = Rate(random);
        Rate changed = random.Next(0, 4) switch
        {
            0 => other,
            1 => Rate(random, rate.Algorithm),
            2 => new Rate(other.MaxTokens, rate.RefillPeriod, rate.Algorithm, rate.Burst, rate.Align),
            _ => new Rate(rate.MaxTokens, other.RefillPeriod, rate.Algorithm, rate.Burst, rate.Align),
        };
        return store.IsExactFor(changed) ? changed : other;
    }

    private Rate Rate(SplitMix random) => Rate(random, random.Of(PeriodAlgorithms.All));

    private Rate Rate(SplitMix random, RateLimitAlgorithm algorithm)
    {
        while (true)
        {
            long period = random.OneIn(3)
                ? random.NextLogarithmic(Sluice.Rate.MinRefillPeriod.Ticks, Sluice.Rate.MaxRefillPeriod.Ticks)
                : random.Of(PeriodCorners);
            Rate rate = new(
                Tokens(random),
                TimeSpan.FromTicks(InSteps(period)),
                algorithm,
                algorithm == RateLimitAlgorithm.TokenBucket && random.OneIn(2) ? Tokens(random) : null,
                algorithm == RateLimitAlgorithm.FixedWindow && random.OneIn(2));
            if (store.IsExactFor(rate))
            {
                return rate;
            }
        }
    }

    private static int Tokens(SplitMix random) =>
        random.OneIn(3) ? (int)random.NextLogarithmic(1, int.MaxValue) : random.Of(TokenCorners);

    private static LimitMode Mode(SplitMix random) => random.OneIn(3) ? LimitMode.Permissive : LimitMode.Enforce;

    private HistoryStep Step(SplitMix random, HistoryPolicy policy, int index, int caller)
    {
        Rate rate = policy.Limits[random.Next(0, policy.Limits.Length)].Rate;
        HistoryWait wait = random.Next(0, 8) switch
        {
            < 5 => HistoryWait.FromNow,
            < 7 => HistoryWait.FromRetry,
            _ => HistoryWait.FromReset,
        };
        long ticks = wait == HistoryWait.FromNow ? Pause(random, rate) : random.Next(-1, 2) * _stepTicks;
        HistoryVerb verb = random.Next(0, 20) switch
        {
            < 13 => HistoryVerb.Acquire,
            < 14 => HistoryVerb.Peek,
            < 16 => HistoryVerb.Refund,
            < 19 => HistoryVerb.Charge,
            _ => HistoryVerb.Reset,
        };

        // Mostly what the smallest bucket can hold, or most calls would cost more than one of them ever does.
        int capacity = random.OneIn(8) ? rate.Capacity : policy.Limits.Min(limit => limit.Rate.Capacity);
        int cost = Cost(random, capacity);
        if (verb == HistoryVerb.Charge)
        {
            cost = Math.Min(cost, policy.Limits.Min(limit => store.LargestForcedCharge(limit.Rate)));
        }

        return new HistoryStep(wait, ticks, verb, caller, index, cost);
    }

    private long Pause(SplitMix random, Rate rate)
    {
        long period = rate.RefillPeriod.Ticks;
        long token = InSteps(period / rate.MaxTokens);
        long aside = random.Next(-1, 2) * _stepTicks;
        return random.Next(0, 16) switch
        {
            < 4 => 0,
            4 => _stepTicks,
            5 => random.Next(0, 1_000) * _stepTicks,
            6 or 7 => Math.Max(0, token + aside),
            8 => Math.Max(0, (token * random.Next(0, 10)) + aside),
            9 or 10 => period + aside,
            11 => (2 * period) + aside,
            12 or 13 => InSteps(random.NextLong(0, period)),
            14 => InSteps(random.NextLong(0, 3 * period)),
            _ when store.RemembersEveryReading => -InSteps(random.NextLong(0, 2 * period)),
            _ => 0,
        };
    }

    private static int Cost(SplitMix random, int capacity) => random.Next(0, 12) switch
    {
        < 4 => 1,
        < 6 => random.Next(1, 4),
        6 => capacity,
        7 => Math.Max(1, capacity - 1),
        8 => Math.Max(1, capacity / random.Next(2, 5)),
        9 or 10 => (int)random.NextLong(1, (long)capacity + 1),
        _ => random.OneIn(3) ? (int)Math.Min(int.MaxValue, capacity + 1L)
            : random.OneIn(2) ? capacity
            : random.Of(TokenCorners),
    };

    /// <summary>The last step of the store's clock that is not after that time.</summary>
    private long InSteps(long ticks) => ticks - (ticks % _stepTicks);
}
