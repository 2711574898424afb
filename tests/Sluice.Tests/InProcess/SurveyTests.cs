namespace Sluice.Tests.InProcess;

/// <summary>A look at all buckets of a store.</summary>
public sealed class SurveyTests
{
    [Fact]
    public void Survey_BucketsOfEveryAlgorithm_TellsWhatAPeekTells()
    {
        RateLimitPolicy policy = RateLimitPolicy.Build("server", limits => limits
            .Shared("10/1m")
            .PerUser(RateList.Create(new Rate(10, TimeSpan.FromMinutes(1), RateLimitAlgorithm.SlidingWindow, burst: null, align: false)))
            .PerTenant(RateList.Create(new Rate(10, TimeSpan.FromMinutes(2), RateLimitAlgorithm.FixedWindow, burst: null, align: false)))
            .PerClient(RateList.Create(new Rate(10, TimeSpan.FromMinutes(3), RateLimitAlgorithm.SlidingWindowCounter, burst: null, align: false))));
        ManualTimeProvider time = new();
        InProcessStore store = new(new InProcessStoreOptions(), time);
        CallerIdentity caller = new("", "alice", "acme", "app");
        RateLimitRequest request = new(policy.Select("tools/call", "x", caller), caller);
        for (int call = 0; call < 4; call++)
        {
            store.Acquire(request, []).IsAllowed.ShouldBeTrue();
            time.Advance(TimeSpan.FromSeconds(1));
        }

        SurveyedBucket[] found = store.Survey(policy.Limits, 10, [CallerIdentity.None, caller]);

        LimitState[] states = new LimitState[request.Limits.Count];
        store.Peek(request, states);
        found.Length.ShouldBe(4);
        foreach (SurveyedBucket bucket in found)
        {
            LimitState expected = states[request.Limits.Limits.IndexOf(bucket.Limit)];
            (bucket.Limit.Name, bucket.Remaining, bucket.ResetAfter).ShouldBe((bucket.Limit.Name, expected.Remaining, expected.ResetAfter));
            bucket.Caller.ShouldBe(bucket.IsShared ? null : caller);
        }
    }

    [Fact]
    public void Survey_MoreBucketsThanAreWanted_GivesThoseWithTheLeastPartLeft()
    {
        const int Users = 200;
        RateLimitPolicy policy = RateLimitPolicy.Build("server", limits => limits.PerUser("1000/1h"));
        InProcessStore store = new(new InProcessStoreOptions(), new ManualTimeProvider());
        for (int user = 1; user <= Users; user++)
        {
            CallerIdentity caller = new("", $"user-{user}", null, null);
            store.Acquire(new RateLimitRequest(policy.Select("tools/call", "x", caller), caller, user), []);
        }

        SurveyedBucket[] found = store.Survey(policy.Limits, 3, [new CallerIdentity("", $"user-{Users - 1}", null, null)]);

        found.Select(bucket => bucket.Remaining).ShouldBe([1000 - Users, 1001 - Users, 1002 - Users]);
        found.Select(bucket => bucket.Caller?.Subject).ShouldBe([null, $"user-{Users - 1}", null]);
        found.Select(bucket => bucket.Number).ShouldBeUnique();
    }

    [Fact]
    public void Survey_FullBucketsAndOtherLimits_AreLeftOut()
    {
        ManualTimeProvider time = new();
        InProcessStore store = new(new InProcessStoreOptions(), time);
        CallerIdentity caller = new("", "alice", null, null);
        RateLimitPolicy soonFull = RateLimitPolicy.Build("soon", limits => limits.PerUser("10/1s"));
        RateLimitPolicy other = RateLimitPolicy.Build("other", limits => limits.PerUser("10/1h"));
        RateLimitPolicy wanted = RateLimitPolicy.Build("wanted", limits => limits.PerUser("10/1h"));
        foreach (RateLimitPolicy policy in new[] { soonFull, other, wanted })
        {
            store.Acquire(new RateLimitRequest(policy.Select("tools/call", "x", caller), caller), []);
        }

        time.Advance(TimeSpan.FromSeconds(1));

        store.Survey([.. soonFull.Limits, .. wanted.Limits], 10, []).Select(bucket => bucket.Limit.Server).ShouldBe(["wanted"]);
    }

    [Fact]
    public void Survey_NumbersThatHaveChanged_ReadsTheBucketUnderTheNewOnes()
    {
        InProcessStore store = new(new InProcessStoreOptions(), new ManualTimeProvider());
        CallerIdentity caller = new("", "alice", null, null);
        RateLimitPolicy before = RateLimitPolicy.Build("server", limits => limits.PerUser("30/1m"));
        RateLimitPolicy after = RateLimitPolicy.Build("server", limits => limits.PerUser("150/1m"));
        store.Acquire(new RateLimitRequest(before.Select("tools/call", "x", caller), caller, 30), []);

        store.Survey(after.Limits, 10, []).ShouldHaveSingleItem().Remaining.ShouldBe(120);
    }

    [Fact]
    public void Survey_SlotsInUse_AreFound()
    {
        InProcessStore store = new(new InProcessStoreOptions(), new ManualTimeProvider());
        CallerIdentity caller = new("", "alice", null, null);
        RateLimitPolicy policy = RateLimitPolicy.Build("server", limits => limits.Concurrency(new() { PerUser = 3 }));
        RateLimitRequest first = new(policy.Select("tools/call", "x", caller), caller) { Slots = new HeldSlots() };
        RateLimitRequest second = first with { Slots = new HeldSlots() };
        store.Acquire(first, []);
        store.Acquire(second, []);

        store.Survey(policy.Limits, 10, [caller]).ShouldHaveSingleItem().Remaining.ShouldBe(1);
        store.Release(first);
        store.Release(second);
        store.Survey(policy.Limits, 10, [caller]).ShouldBeEmpty();
    }

    [Fact]
    public async Task Survey_WhileCallsAreDecided_StopsNoneAndFindsWholeBuckets()
    {
        const int Capacity = 1_000_000;
        RateLimitPolicy policy = RateLimitPolicy.Build("server", limits => limits.PerUser($"{Capacity}/1d"));
        InProcessStore store = new(new InProcessStoreOptions { MaxKeys = 10_000 }, new ManualTimeProvider());
        CallerIdentity[] callers = [.. Enumerable.Range(0, 100).Select(user => new CallerIdentity("", $"user-{user}", null, null))];
        int calls = 0;
        using CancellationTokenSource stop = new();
        Task deciding = Task.Run(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                CallerIdentity caller = callers[calls % callers.Length];
                store.Acquire(new RateLimitRequest(policy.Select("tools/call", "x", caller), caller), []).IsAllowed.ShouldBeTrue();
                calls++;
            }
        });
        for (int survey = 0; survey < 50 || Volatile.Read(ref calls) < 1_000; survey++)
        {
            store.Survey(policy.Limits, 10, callers).ShouldAllBe(bucket => bucket.Remaining > 0 && bucket.Remaining < Capacity && bucket.Caller != null);
        }

        await stop.CancelAsync();
        await deciding;

        store.Survey(policy.Limits, 100, callers).Sum(bucket => Capacity - bucket.Remaining).ShouldBe(calls);
    }
}
