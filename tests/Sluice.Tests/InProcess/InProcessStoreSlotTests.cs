namespace Sluice.Tests;

/// <summary>Slots in memory: they survive a full table and a new policy, and none is lost or released twice.</summary>
public class InProcessStoreSlotTests
{
    private static readonly ApplicableLimits OneEach = StoreFixture.Limits(limits => limits.Concurrency(new() { PerUser = 1 }));

    [Theory]
    [InlineData(1)]
    [InlineData(9)]
    [InlineData(40)]
    public void Acquire_MoreRunningCallersThanTheTableHasPlaces_KeepsEverySlot(int maxKeys)
    {
        StoreFixture fixture = new(maxKeys);
        RateLimitRequest[] running = [.. Enumerable.Range(0, 300).Select(user => Begin(fixture, OneEach, user).Request)];

        running.ShouldAllBe(call => call.Slots!.IsHeld);
        for (int user = 0; user < running.Length; user++)
        {
            Begin(fixture, OneEach, user).Decision.Running.ShouldBe(1, $"user {user}");
        }

        for (int user = 0; user < running.Length; user++)
        {
            fixture.Store.Release(running[user]);
            Begin(fixture, OneEach, user).Decision.IsAllowed.ShouldBeTrue($"user {user}");
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(9)]
    [InlineData(40)]
    public void Acquire_TableFullOfRunningSlots_TokensOfOthersAreStillNotForgotten(int maxKeys)
    {
        StoreFixture fixture = new(maxKeys);
        ApplicableLimits both = StoreFixture.Limits(limits => limits
            .PerUser("10/1h").Tool("search", tool => tool.PerUser("10/1h", "50/1d").Concurrency(new() { PerUser = 1 })));
        for (int user = 0; user < 100; user++)
        {
            _ = Begin(fixture, OneEach, user);
        }

        int admitted = 0;
        for (int call = 0; call < 40; call++)
        {
            for (int user = 200; user < 230; user++)
            {
                (RateLimitRequest request, RateLimitDecision decision) = Begin(fixture, both, user);
                admitted += decision.IsAllowed ? 1 : 0;
                fixture.Store.Release(request);
            }
        }

        admitted.ShouldBeLessThanOrEqualTo(300);
        admitted.ShouldBeGreaterThan(0);
    }

    [Fact]
    public void Acquire_OneSetAndThirtyTwoLimitsOfOneCaller_ChargesAll()
    {
        StoreFixture fixture = new(maxKeys: 1);
        ApplicableLimits limits = StoreFixture.Limits(policy => policy
            .PerUser("9/1s", "9/1m", "9/1h", "9/1d").PerTenant("9/1s", "9/1m", "9/1h", "9/1d").PerClient("9/1s", "9/1m", "9/1h", "9/1d")
            .Tool("search", tool => tool
                .PerUser("9/1s", "9/1m", "9/1h", "9/1d").PerTenant("9/1s", "9/1m", "9/1h", "9/1d").PerClient("9/1s", "9/1m", "9/1h", "9/1d"))
            .Method("tools/call", method => method.PerUser("9/1s", "9/1m", "9/1h", "9/1d").PerTenant("9/1s", "9/1m", "9/1h", "9/1d")));
        limits.Count.ShouldBe(32);
        int admitted = 0;
        for (int call = 0; call < 20; call++)
        {
            admitted += fixture.Acquire(limits, StoreFixture.User(1)).IsAllowed ? 1 : 0;
        }

        admitted.ShouldBeInRange(1, 9);
    }

    [Fact]
    public void Release_ThePolicyWasReplacedSince_GoesToTheBucketOfTheAcquisition()
    {
        StoreFixture fixture = new();
        ApplicableLimits other = StoreFixture.Limits(limits => limits.PerUser("9/1s"));
        ApplicableLimits again = StoreFixture.Limits(limits => limits.Concurrency(new() { PerUser = 3 }));
        RateLimitRequest call = Begin(fixture, OneEach, 1).Request;
        _ = fixture.Acquire(other, StoreFixture.User(1));
        fixture.PeekStates(again, StoreFixture.User(1))[0].Remaining.ShouldBe(2);

        fixture.Store.Release(call);

        fixture.PeekStates(again, StoreFixture.User(1))[0].Remaining.ShouldBe(3);
        fixture.PeekStates(OneEach, StoreFixture.User(1))[0].Remaining.ShouldBe(1);
    }

    [Fact]
    public void AcquireAndRelease_Hot_AllocatesNothing()
    {
        StoreFixture fixture = new();
        ApplicableLimits limits = StoreFixture.Limits(policy => policy.PerUser("1000000/1s").Concurrency(new() { PerUser = 2, Shared = 9 }));
        RateLimitRequest request = new(limits, StoreFixture.User(1)) { Slots = new HeldSlots() };
        Cycle(fixture, request, 1_000);

        Allocations.Least(() => Cycle(fixture, request, 1_000)).ShouldBe(0);
    }

    [Fact]
    public void AcquireAndRelease_AMillionCallsOfManyThreads_LeavesNoSlotHeld()
    {
        const int Threads = 8;
        const int Calls = 125_000;
        StoreFixture fixture = new(maxKeys: 20);
        ApplicableLimits limits = StoreFixture.Limits(policy => policy.Concurrency(new() { Shared = 6, PerUser = 2 }));
        int[] sharedNow = [0];
        int[] userNow = new int[40];
        int tooMany = 0;
        long admitted = 0;
        Thread[] threads = [.. Enumerable.Range(0, Threads).Select(number => new Thread(() =>
        {
            Random random = new(number);
            for (int i = 0; i < Calls; i++)
            {
                int user = random.Next(userNow.Length);
                (RateLimitRequest request, RateLimitDecision decision) = Begin(fixture, limits, user);
                if (decision.IsAllowed)
                {
                    Interlocked.Increment(ref admitted);
                    bool isTooMany = Interlocked.Increment(ref sharedNow[0]) > 6 | Interlocked.Increment(ref userNow[user]) > 2;
                    Interlocked.Add(ref tooMany, isTooMany ? 1 : 0);
                    Interlocked.Decrement(ref userNow[user]);
                    Interlocked.Decrement(ref sharedNow[0]);
                }

                fixture.Store.Release(request);
                fixture.Store.Release(request); // The second must do nothing.
            }
        }))];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());

        tooMany.ShouldBe(0);
        admitted.ShouldBeGreaterThan(Threads * Calls / 2);
        for (int user = 0; user < userNow.Length; user++)
        {
            fixture.PeekStates(limits, StoreFixture.User(user)).Select(state => state.Remaining).ShouldBe([6, 2]);
        }
    }

    private static void Cycle(StoreFixture fixture, in RateLimitRequest request, int times)
    {
        for (int i = 0; i < times; i++)
        {
            fixture.Store.Acquire(request, []).IsAllowed.ShouldBeTrue();
            fixture.Store.Release(request);
        }
    }

    private static (RateLimitRequest Request, RateLimitDecision Decision) Begin(StoreFixture fixture, ApplicableLimits limits, int user)
    {
        RateLimitRequest request = new(limits, StoreFixture.User(user)) { Slots = new HeldSlots() };
        return (request, fixture.Store.Acquire(request, []));
    }
}
