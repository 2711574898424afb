namespace Sluice.StoreContracts;

/// <summary>What passes in any interval at all, and what a caller gets who never stops asking.</summary>
public abstract class EnvelopeContract<TStore> : StoreContract<TStore>
    where TStore : StoreUnderTest, new()
{
    private const int CallsPerRun = 2_500;

    [Theory]
    [MemberData(nameof(ContractRates.All), MemberType = typeof(ContractRates))]
    public async Task Acquire_AnyInterval_AdmitsNoMoreThanTheAlgorithmPromises(
        RateLimitAlgorithm algorithm, int maxTokens, long periodMs, int? burst, bool align)
    {
        Rate rate = Of(algorithm, maxTokens, periodMs, burst, align);

        List<(TimeSpan At, int Cost)> admitted = await Record(rate);

        admitted.Count.ShouldBeGreaterThan(50);
        admitted.Count.ShouldBeLessThan(CallsPerRun);
        for (int first = 0; first < admitted.Count; first++)
        {
            Int128 tokens = 0;
            for (int last = first; last < admitted.Count; last++)
            {
                tokens += admitted[last].Cost;
                long ticks = (admitted[last].At - admitted[first].At).Ticks;
                IsWithin(rate, tokens, ticks).ShouldBeTrue(
                    $"{rate}: {tokens} tokens in {ticks} ticks from {admitted[first].At}, calls {first} to {last}");
            }
        }
    }

    /// <remarks>
    /// A caller who asks every <paramref name="pollMs"/> gets each token as it comes, provided that the bucket holds a second
    /// one: with room for one only, what flows in between two questions is lost.
    /// </remarks>
    [Theory]
    [InlineData(1_000, 1_000, 2, 1, 20_000)]
    [InlineData(7, 1_000, 2, 1, 60_000)]
    [InlineData(1, 1_000, 2, 1, 60_000)]
    [InlineData(60, 3_600_000, 2, 50, 144_000)]
    [InlineData(60, 3_600_000, 60, 50, 144_000)]
    [InlineData(3, 1_000, 2, 333, 5_000)]
    [InlineData(3, 1_000, 2, 250, 5_000)]
    [InlineData(10, 17_000, 2, 1_000, 5_000)]
    [InlineData(1, 60_000, 2, 7_000, 5_000)]
    [InlineData(7, 86_400_000, 2, 60_000, 30_000)]
    [InlineData(10, 86_400_000, 2, 3_600_000, 5_000)]
    [InlineData(1, 2_592_000_000, 2, 3_600_000, 15_000)]
    [InlineData(1, 1_000, 1, 1, 30_000)]
    [InlineData(1, 1_000, 1, 250, 5_000)]
    [InlineData(4_000_000, 86_400_000, 2, 1, 20_000)]
    public async Task Acquire_CallerWhoNeverStops_GetsTheRate(int maxTokens, long periodMs, int burst, int pollMs, int polls)
    {
        ApplicableLimits limits = PerUser(Of(RateLimitAlgorithm.TokenBucket, maxTokens, periodMs, burst));
        polls /= Subject.ShorterRuns;
        int admitted = 0;
        for (int i = 0; i <= polls; i++)
        {
            Time.Elapsed = Ms((long)i * pollMs);
            RateLimitDecision decision = await Store.AcquireAsync(new RateLimitRequest(limits, Alice), default, default);
            admitted += decision.IsAllowed ? 1 : 0;
        }

        // In token-milliseconds, so that nothing is rounded.
        long flowed = (long)maxTokens * pollMs * polls;
        long whole = (long)Math.Min(polls + 1, admitted) * periodMs;
        whole.ShouldBeGreaterThanOrEqualTo(Math.Min(flowed - periodMs, polls * periodMs));
        whole.ShouldBeLessThanOrEqualTo(flowed + (burst * periodMs));
    }

    [Theory]
    [InlineData(RateLimitAlgorithm.SlidingWindow)]
    [InlineData(RateLimitAlgorithm.FixedWindow)]
    public async Task Acquire_CallerWhoNeverStops_FillsEveryWindow(RateLimitAlgorithm algorithm)
    {
        const int PollMs = 7;
        const int PeriodMs = 1_000;
        const int Tokens = 5;
        int polls = Math.Max(1_000, 10_000 / Subject.ShorterRuns);
        ApplicableLimits limits = PerUser(Of(algorithm, Tokens, PeriodMs));
        int admitted = 0;
        for (int i = 0; i <= polls; i++)
        {
            Time.Elapsed = Ms(i * PollMs);
            admitted += (await Acquire(limits, Alice)).Decision.IsAllowed ? 1 : 0;
        }

        // No call comes later than one question after its place became free.
        admitted.ShouldBeGreaterThanOrEqualTo(Tokens * (polls * PollMs / (PeriodMs + PollMs)));
    }

    /// <remarks>
    /// Not all of the rate: the share of the window before is down to nothing only when the window ends, and the last token
    /// waits for that.
    /// </remarks>
    [Theory]
    [InlineData(2, 1_000, 1)]
    [InlineData(2, 1_000, 500)]
    [InlineData(3, 1_000, 7)]
    [InlineData(3, 1_000, 333)]
    [InlineData(10, 1_000, 1)]
    [InlineData(10, 1_000, 100)]
    [InlineData(10, 86_400_000, 3_600_000)]
    [InlineData(100, 60_000, 600)]
    [InlineData(100, 60_000, 599)]
    public async Task Acquire_CallerWhoNeverStops_GetsAllButOneOfEveryWindowOfACounter(int maxTokens, long periodMs, long pollMs)
    {
        int windows = Math.Max(3, 12 / Subject.ShorterRuns);

        List<long> admitted = await Poll(Of(RateLimitAlgorithm.SlidingWindowCounter, maxTokens, periodMs), pollMs, windows * periodMs);

        int[] perWindow = new int[windows];
        foreach (long atMs in admitted)
        {
            perWindow[atMs / periodMs]++;
        }

        perWindow[0].ShouldBe(maxTokens);
        perWindow.ShouldAllBe(tokens => tokens >= maxTokens - 1 && tokens <= maxTokens, string.Join(", ", perWindow));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(1_000)]
    public async Task Acquire_CallerWhoNeverStopsAtACounterOfOne_GetsItInEverySecondWindow(long pollMs)
    {
        const long PeriodMs = 1_000;
        int windows = Math.Max(5, 40 / Subject.ShorterRuns);

        List<long> admitted = await Poll(Of(RateLimitAlgorithm.SlidingWindowCounter, 1, PeriodMs), pollMs, windows * PeriodMs);

        admitted[0].ShouldBe(0);
        admitted.Zip(admitted.Skip(1), (earlier, later) => later - earlier)
            .ShouldAllBe(wait => wait >= 2 * PeriodMs && wait < (2 * PeriodMs) + pollMs);
        admitted.Count.ShouldBeGreaterThanOrEqualTo((int)(windows * PeriodMs / ((2 * PeriodMs) + pollMs)));
    }

    [Theory]
    [InlineData(2, 1_000, 1_000)]
    [InlineData(3, 1_000, 500)]
    [InlineData(11, 1_000, 100)]
    [InlineData(11, 1_000, 170)]
    [InlineData(101, 60_000, 600)]
    public async Task Acquire_CallerWhoAsksEvenlyForOneLess_IsNeverRefusedByACounter(int maxTokens, long periodMs, long pollMs)
    {
        long untilMs = 20 * periodMs;

        List<long> admitted = await Poll(Of(RateLimitAlgorithm.SlidingWindowCounter, maxTokens, periodMs), pollMs, untilMs);

        admitted.Count.ShouldBe((int)((untilMs + pollMs - 1) / pollMs));
    }

    /// <summary>The milliseconds at which a caller is admitted who asks for one token at a time, evenly, from zero on.</summary>
    private async Task<List<long>> Poll(Rate rate, long pollMs, long untilMs)
    {
        ApplicableLimits limits = PerUser(rate);
        List<long> admitted = [];
        for (long atMs = 0; atMs < untilMs; atMs += pollMs)
        {
            Time.Elapsed = Ms(atMs);
            if ((await Acquire(limits, Alice)).Decision.IsAllowed)
            {
                admitted.Add(atMs);
            }
        }

        return admitted;
    }

    /// <summary>What a caller gets who asks in bursts, in a steady stream, and after pauses.</summary>
    private async Task<List<(TimeSpan At, int Cost)>> Record(Rate rate)
    {
        ApplicableLimits limits = PerUser(rate);
        Random random = new(Seeds.Announce(20_260_304));
        long ticksPerToken = Math.Max(1, rate.RefillPeriod.Ticks / rate.MaxTokens / Step.Ticks);
        long stepsPerPeriod = rate.RefillPeriod.Ticks / Step.Ticks;
        List<(TimeSpan At, int Cost)> admitted = [];
        for (int i = 0; i < CallsPerRun; i++)
        {
            long steps = random.Next(20) switch
            {
                < 8 => 0,
                < 12 => 1,
                < 16 => random.NextInt64(0, ticksPerToken + 2),
                < 19 => random.NextInt64(0, (stepsPerPeriod / 4) + 2),
                _ => random.NextInt64(0, 3 * stepsPerPeriod),
            };
            Time.Elapsed += steps * Step;
            int cost = random.Next(1, Math.Min(rate.Capacity, 3) + 1);
            if ((await Acquire(limits, Alice, cost)).Decision.IsAllowed)
            {
                admitted.Add((Time.Elapsed, cost));
            }
        }

        return admitted;
    }

    /// <summary>Whether an interval of so many ticks, both ends included, may see so many tokens.</summary>
    internal static bool IsWithin(Rate rate, Int128 tokens, long ticks)
    {
        Int128 maxTokens = rate.MaxTokens;
        Int128 period = rate.RefillPeriod.Ticks;
        Int128 wholePeriods = ticks / period;
        return rate.Algorithm switch
        {
            RateLimitAlgorithm.TokenBucket => (tokens - rate.Capacity) * period <= maxTokens * ticks,
            RateLimitAlgorithm.SlidingWindow => tokens <= maxTokens * (wholePeriods + 1),

            // As a full bucket would; so never twice the tokens within one period.
            RateLimitAlgorithm.SlidingWindowCounter => (tokens - maxTokens) * period <= maxTokens * ticks,
            RateLimitAlgorithm.FixedWindow => tokens <= maxTokens * (wholePeriods + 2),
            _ => throw new ArgumentOutOfRangeException(nameof(rate), rate.Algorithm, "Not an algorithm."),
        };
    }
}
