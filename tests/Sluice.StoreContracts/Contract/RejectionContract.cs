namespace Sluice.StoreContracts;

/// <summary>A refused call changes no bucket, and the wait that it is told is exact.</summary>
public abstract class RejectionContract<TStore> : StoreContract<TStore>
    where TStore : StoreUnderTest, new()
{
    [Theory]
    [MemberData(nameof(ContractRates.All), MemberType = typeof(ContractRates))]
    public async Task Acquire_OneStepBeforeTheWait_IsRefusedAndAtItAdmitted(
        RateLimitAlgorithm algorithm, int maxTokens, long periodMs, int? burst, bool align)
    {
        Rate rate = Of(algorithm, maxTokens, periodMs, burst, align);
        ApplicableLimits limits = PerUser(rate);
        Random random = new(Seeds.Announce(20_260_301));
        for (int i = 0; i < 200; i++)
        {
            // Odd steps, so that calls do not fall on the rate's own grid.
            Time.Elapsed += random.Next(0, 5_000) * Step;
            int cost = random.Next(1, Math.Min(rate.Capacity, 6) + 1);
            Answer answer = await Acquire(limits, Alice, cost);
            if (answer.Decision.IsAllowed)
            {
                continue;
            }

            TimeSpan promised = Time.Elapsed + answer.Decision.RetryAfter;
            answer.Decision.RetryAfter.ShouldBeGreaterThanOrEqualTo(Step);
            Time.Elapsed = promised - Step;
            Answer early = await Acquire(limits, Alice, cost);
            early.Decision.Outcome.ShouldBe(RateLimitOutcome.Denied, $"call {i} of {rate}");
            early.Decision.RetryAfter.ShouldBe(Step, $"call {i} of {rate}");
            Time.Elapsed = promised;
            (await Acquire(limits, Alice, cost)).Decision.Outcome.ShouldBe(RateLimitOutcome.Allowed, $"call {i} of {rate}");
        }
    }

    [Theory]
    [MemberData(nameof(ContractRates.All), MemberType = typeof(ContractRates))]
    public async Task Acquire_AtTheReset_FindsANewBucketAndNotOneStepBefore(
        RateLimitAlgorithm algorithm, int maxTokens, long periodMs, int? burst, bool align)
    {
        Rate rate = Of(algorithm, maxTokens, periodMs, burst, align);
        ApplicableLimits limits = PerUser(rate);
        int cost = Math.Min(rate.Capacity, 3);
        for (int i = 0; i < 5; i++)
        {
            Time.Elapsed += (13 * i) * Step;
            Answer used = await Acquire(limits, Alice, cost);
            used.Decision.IsAllowed.ShouldBeTrue();
            TimeSpan reset = Time.Elapsed + used.States[0].ResetAfter;

            Time.Elapsed = reset - Step;
            Answer before = await Peek(limits, Alice, rate.Capacity);
            Time.Elapsed = reset;
            Answer at = await Peek(limits, Alice, rate.Capacity);

            // A counter's last share counts less than a token, and less than the whole bucket it does not admit.
            before.Decision.Outcome.ShouldBe(RateLimitOutcome.Denied, $"{rate}");
            before.Decision.RetryAfter.ShouldBe(Step, $"{rate}");
            at.Decision.Outcome.ShouldBe(RateLimitOutcome.Allowed, $"{rate}");
        }
    }

    [Fact]
    public async Task Acquire_SeveralLimitsRefuse_IsAdmittedAtTheLongestWaitAndNotBefore()
    {
        ApplicableLimits limits = Limits(policy => policy
            .Shared(Of(RateLimitAlgorithm.TokenBucket, 7, 1_000, burst: 5))
            .PerTenant(Of(RateLimitAlgorithm.SlidingWindow, 8, 1_000))
            .PerUser(Of(RateLimitAlgorithm.SlidingWindowCounter, 8, 900))
            .PerClient(Of(RateLimitAlgorithm.FixedWindow, 8, 1_100)));
        HashSet<string> refused = [];
        Random random = new(Seeds.Announce(20_260_302));
        for (int i = 0; i < 1_000; i++)
        {
            Time.Elapsed += TimeSpan.FromMicroseconds(random.Next(0, 200_000));
            int cost = random.Next(1, 6);
            Answer answer = await Acquire(limits, Alice, cost);
            if (answer.Decision.IsAllowed)
            {
                continue;
            }

            refused.Add(answer.Limit!);
            answer.Decision.RetryAfter.ShouldBe(answer.States.Max(state => state.RetryAfter));
            TimeSpan promised = Time.Elapsed + answer.Decision.RetryAfter;
            Time.Elapsed = promised - Step;
            (await Acquire(limits, Alice, cost)).Decision.RetryAfter.ShouldBe(Step, $"call {i}");
            Time.Elapsed = promised;
            (await Acquire(limits, Alice, cost)).Decision.IsAllowed.ShouldBeTrue($"call {i}");
        }

        refused.Count.ShouldBe(4, "Each limit must have been the one that refused.");
    }

    [Fact]
    public async Task Acquire_RefusedAnyNumberOfTimes_LeavesEveryBucketAsItWas()
    {
        // Two users with the same history, of whom one hammers: were a rejection to change anything, their answers would part.
        ApplicableLimits limits = Limits(policy => policy
            .PerUser(Of(RateLimitAlgorithm.TokenBucket, 9, 900))
            .Method("tools/call", method => method.PerUser(Of(RateLimitAlgorithm.SlidingWindow, 8, 1_000)).Mode(LimitMode.Permissive))
            .Tool("search", tool => tool.PerUser(Of(RateLimitAlgorithm.SlidingWindowCounter, 7, 800))));
        Random random = new(Seeds.Announce(20_260_303));
        int rejections = 0;
        for (int i = 0; i < 600; i++)
        {
            Time.Elapsed += Ms(random.Next(0, 400));
            for (int hammering = 0; hammering < 8; hammering++)
            {
                int tooMuch = random.Next(1, 12);
                if (!(await Peek(limits, Bob, tooMuch)).Decision.IsAllowed)
                {
                    (await Acquire(limits, Bob, tooMuch)).Decision.IsAllowed.ShouldBeFalse();
                    rejections++;
                }
            }

            int cost = random.Next(1, 4);
            Answer quiet = await Acquire(limits, Alice, cost);
            Answer hammered = await Acquire(limits, Bob, cost);
            hammered.Decision.Outcome.ShouldBe(quiet.Decision.Outcome, $"call {i}");
            hammered.States.ShouldBe(quiet.States, $"call {i}");
        }

        rejections.ShouldBeGreaterThan(1_000);
    }
}
