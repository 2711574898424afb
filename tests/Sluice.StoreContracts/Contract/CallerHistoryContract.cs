using System.Collections.Immutable;

namespace Sluice.StoreContracts;

/// <summary>
/// Random histories of callers whose claims change, under overrides, limits by sets of claims and limits on concurrency, against the model.
/// </summary>
public abstract class CallerHistoryContract<TStore> : StoreContract<TStore>
    where TStore : StoreUnderTest, new()
{
    private const int Steps = 30;
    private static readonly string[][] Tiers = [[], [], ["pro"], ["pro", "beta"], ["staff"], ["suspended"]];
    private static readonly string[][] Teams = [[], ["a"], ["b"], ["a", "b"], ["b", "a", "b"]];
    private readonly LimitState[] _actual = new LimitState[ApplicableLimits.MaxCount];
    private readonly LimitState[] _expected = new LimitState[ApplicableLimits.MaxCount];

    /// <summary>How many random histories are compared with the model; fewer where each costs journeys to another process.</summary>
    protected virtual int Histories => 2_000;

    /// <summary>Whether claims change the numbers of a limit. Without that, overrides only take a limit away.</summary>
    protected virtual bool ChangesNumbers => true;

    [Theory]
    [InlineData(RateLimitAlgorithm.TokenBucket)]
    [InlineData(RateLimitAlgorithm.SlidingWindow)]
    [InlineData(RateLimitAlgorithm.SlidingWindowCounter)]
    [InlineData(RateLimitAlgorithm.FixedWindow)]
    public async Task Decide_AnyHistoryOfCallersWithClaims_EqualsTheModelStepByStep(RateLimitAlgorithm algorithm)
    {
        SplitMix random = new((ulong)Seeds.Announce(20_261_131));
        for (int history = 0; history < Histories; history++)
        {
            RateLimitPolicy policy = RateLimitPolicy.Compile("files", Settings(random, algorithm), out ImmutableArray<SettingsFault> faults)
                ?? throw new InvalidOperationException(string.Join(Environment.NewLine, faults));
            await PlayAsync(policy, random, $"history {history}");
        }
    }

    private RateLimitingSettings Settings(SplitMix random, RateLimitAlgorithm algorithm) => new()
    {
        PerUser = Any(random, algorithm),
        Concurrency = random.OneIn(2) ? new() { Shared = random.Next(1, 6), PerUser = random.Next(1, 4) } : null,
        Overrides =
        [
            .. IfNumbersChange(new OverrideSettings { When = Tier("pro"), PerUser = Any(random, algorithm) }),
            new OverrideSettings { When = Tier("staff"), PerUser = RateOverride.Unlimited },
            .. IfNumbersChange(new OverrideSettings { When = Tier("suspended"), PerUser = RateOverride.Nothing }),
        ],
        Limits =
        [
            new LimitSettings
            {
                Name = "by-team",
                Per = LimitKey.Of([LimitKeyPart.OfClaim("team")]),
                Rate = Any(random, algorithm),
                Mode = random.OneIn(4) ? LimitMode.Permissive : null,
                Overrides = [.. IfNumbersChange(new LimitOverrideSettings { When = Tier("pro"), Rate = Any(random, algorithm) })],
            },
            new LimitSettings
            {
                Name = "at-once-by-team",
                Per = LimitKey.Of([LimitKeyPart.OfClaim("team")]),
                When = random.OneIn(3) ? new LimitCondition { Callers = Tier("pro") } : new LimitCondition(),
                Concurrency = random.Next(1, 4),
                Mode = random.OneIn(4) ? LimitMode.Permissive : null,
                Overrides = [new LimitOverrideSettings { When = Tier("beta"), Concurrency = random.Next(1, 6) }],
            },
        ],
    };

    private T[] IfNumbersChange<T>(T entry) => ChangesNumbers ? [entry] : [];

    private static RateList Any(SplitMix random, RateLimitAlgorithm algorithm) =>
        Of(algorithm, random.Next(1, 7), random.OneIn(2) ? 1_000 : random.Next(1, 40) * 100);

    private static CallerCondition Tier(string tier) => new() { Claims = [new ClaimCondition("tier", [tier])] };

    private async Task PlayAsync(RateLimitPolicy policy, SplitMix random, string history)
    {
        ManualTimeProvider time = new();
        IRateLimitStore store = Subject.Create(time);
        ModelStore model = new(time, Subject.Resolution, Subject.CounterCeiling);
        List<(RateLimitRequest OfStore, RateLimitRequest OfModel)> running = [];
        for (int step = 0; step < Steps; step++)
        {
            time.Elapsed += random.Next(0, 4) switch { 0 => TimeSpan.Zero, 1 => Step, 2 => Ms(random.Next(0, 300)), _ => Ms(random.Next(0, 2_000)) };
            if (running.Count > 0 && random.OneIn(4))
            {
                (RateLimitRequest OfStore, RateLimitRequest OfModel) ended = running[random.Next(0, running.Count)];
                running.Remove(ended);
                await store.ReleaseAsync(ended.OfStore, default);
                await model.ReleaseAsync(ended.OfModel, default);
                continue;
            }

            CallerIdentity caller = With(With(random.OneIn(3) ? Bob : Alice, "tier", random.Of(Tiers)), "team", random.Of(Teams));
            ApplicableLimits limits = policy.Select("tools/call", "search", caller);
            HistoryVerb verb = random.Next(0, 12) switch
            {
                < 8 => HistoryVerb.Acquire,
                8 => HistoryVerb.Peek,
                9 => HistoryVerb.Charge,
                10 => HistoryVerb.Refund,
                _ => HistoryVerb.Reset,
            };
            RateLimitRequest request = new(limits, caller, random.Next(1, 3));
            bool begins = verb == HistoryVerb.Acquire && limits.SlotCount > 0;
            RateLimitRequest ofStore = begins ? request with { Slots = new HeldSlots() } : request;
            RateLimitRequest ofModel = begins ? request with { Slots = new HeldSlots() } : request;
            RateLimitDecision? actual = await store.DoAsync(verb, ofStore, _actual);
            RateLimitDecision? expected = await model.DoAsync(verb, ofModel, _expected);

            string place = $"{history}, step {step}, {verb} {request.Cost} by {caller.Subject}, tier {string.Join('+', caller.Claim("tier"))}, team {string.Join('+', caller.Claim("team"))}";
            actual.ShouldBe(expected, place);
            if (expected is RateLimitDecision decision)
            {
                _actual[..limits.Count].ShouldBe(_expected[..limits.Count], place);
                if (begins && decision.IsAllowed)
                {
                    running.Add((ofStore, ofModel));
                }
            }
        }

        await DisposeOf(store);
    }

    private static CallerIdentity With(CallerIdentity caller, string claim, string[] values) =>
        values.Length == 0 ? caller : caller.WithClaim(claim, values);
}
