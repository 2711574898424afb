using Sluice.StoreContracts;

namespace Sluice.Tests;

public class InProcessStoreConcurrencyTests
{
    private const int Threads = 8;
    private static readonly int[] Tokens = [20, 50];

    [Theory]
    [InlineData(RateLimitAlgorithm.TokenBucket)]
    [InlineData(RateLimitAlgorithm.SlidingWindow)]
    [InlineData(RateLimitAlgorithm.SlidingWindowCounter)]
    [InlineData(RateLimitAlgorithm.FixedWindow)]
    public void Acquire_ManyThreadsOnAFrozenClock_AdmitsExactlyTheBurst(RateLimitAlgorithm algorithm)
    {
        StoreFixture fixture = new();
        Rate wide = new(9_000, TimeSpan.FromHours(1), algorithm, burst: null, align: false);
        Rate narrow = new(1_000, TimeSpan.FromHours(1), algorithm, burst: null, align: false);
        ApplicableLimits limits = StoreFixture.Limits(of => of.Shared(wide).Tool("search", t => t.PerUser(narrow)));
        int[] admitted = new int[Threads];

        Together(thread =>
        {
            for (int call = 0; call < 5_000; call++)
            {
                admitted[thread] += fixture.Acquire(limits, StoreFixture.User(call % 3)).IsAllowed ? 1 : 0;
            }
        });

        admitted.Sum().ShouldBe(3_000);
        fixture.PeekStates(limits, StoreFixture.User(0)).Select(state => state.Remaining).ShouldBe([6_000, 0]);
    }

    [Fact]
    public void Acquire_ManyThreadsAtTheCap_NoCallerGetsMoreThanTheLimit()
    {
        const int Callers = 400;
        StoreFixture fixture = new(maxKeys: 60);
        ApplicableLimits limits = StoreFixture.Limits(of => of.PerUser("3/1h").Tool("search", t => t.PerUser("5/1h")));
        CallerIdentity[] callers = [.. Enumerable.Range(0, Callers).Select(StoreFixture.User)];
        int[] admitted = new int[Callers];

        Together(thread =>
        {
            Random random = new(thread);
            for (int call = 0; call < 20_000; call++)
            {
                int caller = random.Next(Callers);
                if (fixture.Acquire(limits, callers[caller]).IsAllowed)
                {
                    _ = Interlocked.Increment(ref admitted[caller]);
                }
            }
        });

        admitted.Max().ShouldBeInRange(1, 3); // Two, where everybody was taken to owe a token by then.
        fixture.Store.Count.ShouldBeLessThanOrEqualTo(60 + (2 * Threads));
        fixture.Store.EvictionsWithDebt.ShouldBeGreaterThan(0);
    }

    [Fact]
    public void Acquire_AlgorithmAndNumbersChangeAtOnce_LosesNoMemory()
    {
        StoreFixture fixture = new(maxKeys: 50);
        ApplicableLimits[] versions =
        [
            .. from algorithm in PeriodAlgorithms.All
               from tokens in Tokens
               select StoreFixture.PerUser(new Rate(tokens, TimeSpan.FromSeconds(1), algorithm, burst: null, align: false)),
        ];

        Together(thread =>
        {
            Random random = new(thread);
            for (int call = 0; call < 10_000; call++)
            {
                RateLimitRequest request = new(versions[random.Next(versions.Length)], StoreFixture.User(random.Next(80)));
                _ = random.Next(20) switch
                {
                    0 => Do(() => fixture.Store.Charge(request)),
                    1 => Do(() => fixture.Store.Refund(request)),
                    2 => Do(() => fixture.Store.Reset(request.Limits.Limits, request.Caller)),
                    3 => Do(() => fixture.Ticks += 1_000),
                    4 => fixture.Store.Peek(request, []).IsAllowed,
                    _ => fixture.Store.Acquire(request, []).IsAllowed,
                };
            }
        });

        fixture.Store.Count.ShouldBeLessThanOrEqualTo(50 + Threads);
        fixture.Store.LogChunksInUse.ShouldBeLessThanOrEqualTo(50);
        fixture.Ticks += TimeSpan.TicksPerDay;
        for (int user = 0; user < 80; user++)
        {
            fixture.Store.Reset(versions[0].Limits, StoreFixture.User(user));
        }

        fixture.Store.LogChunksInUse.ShouldBe(0);

        static bool Do(Action action)
        {
            action();
            return true;
        }
    }

    private static void Together(Action<int> work)
    {
        using Barrier barrier = new(Threads);
        Thread[] threads = [.. Enumerable.Range(0, Threads).Select(number => new Thread(() =>
        {
            barrier.SignalAndWait();
            work(number);
        }))];
        foreach (Thread thread in threads)
        {
            thread.Start();
        }

        foreach (Thread thread in threads)
        {
            thread.Join();
        }
    }
}
