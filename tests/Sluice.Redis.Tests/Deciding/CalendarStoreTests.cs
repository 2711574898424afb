using System.Globalization;
using NodaTime;

namespace Sluice.Redis.Tests;

/// <summary>Windows of a calendar over Redis: whose clock chooses the window, which edges are sent, and when keys expire.</summary>
public sealed class CalendarStoreTests
{
    private static readonly Rate Hourly = Rate.Calendar(5, CalendarUnit.Hour, "Asia/Kathmandu");
    private static readonly Rate Yearly = Rate.Calendar(5, CalendarUnit.Year, "Asia/Tokyo");

    // The clock of Redis is months behind that of the process.
    [Fact]
    public async Task Acquire_ClockOfRedisInAnotherWindow_SendsOnceMoreAndThenKnows()
    {
        await using StoreScene scene = new(hasClockOfItsOwn: true);
        ApplicableLimits limits = StoreScene.Limits(policy => policy.PerUser(Hourly));
        await scene.Store.WarmUpAsync(Eventually.Patience, default);
        int before = scene.Runs;

        RateLimitDecision first = await scene.Acquire(limits);

        scene.Runs.ShouldBe(before + 2);
        (first.Source, first.Remaining).ShouldBe((DecisionSource.Store, 4));
        (await scene.Acquire(limits)).Remaining.ShouldBe(3);
        scene.Runs.ShouldBe(before + 3);
        scene.ServerTime.Elapsed += TimeSpan.FromHours(1);
        (await scene.Acquire(limits)).Remaining.ShouldBe(4);
        scene.Runs.ShouldBe(before + 4); // The next window's edges had been sent too.
        scene.ServerTime.Elapsed += TimeSpan.FromHours(5);
        (await scene.Acquire(limits)).Remaining.ShouldBe(4);
        scene.Runs.ShouldBe(before + 6);
    }

    // Rows ahead of the clock are at other instants than the others, so calls of one run may need different edges.
    [Fact]
    public async Task Acquire_ManyAtOnceAfterTheClockOfRedisSteppedBack_DecidesEachAndOpensNoWindowTwice()
    {
        await using StoreScene scene = new(options => options.RememberRefusals = TimeSpan.Zero, hasClockOfItsOwn: true);
        ApplicableLimits limits = StoreScene.Limits(policy => policy.PerUser(Hourly));
        await scene.Acquire(limits, cost: 2);
        scene.ServerTime.Elapsed += TimeSpan.FromDays(1);
        await scene.Acquire(limits, cost: 2);
        scene.ServerTime.Elapsed -= TimeSpan.FromDays(1);

        RateLimitDecision[] decisions = await Task.WhenAll(Enumerable.Range(0, 60).Select(i => scene.Acquire(limits, i % 2 == 0 ? StoreScene.Alice : StoreScene.Bob)));

        decisions.ShouldAllBe(decision => decision.Source == DecisionSource.Store);
        decisions.Where((_, i) => i % 2 == 0).Count(decision => decision.IsAllowed).ShouldBe(3);
        decisions.Where((_, i) => i % 2 == 1).Count(decision => decision.IsAllowed).ShouldBe(5);
    }

    [Fact]
    public async Task Acquire_ManyAtOnceWithOtherAlgorithms_ChargesWhatItSays()
    {
        await using StoreScene scene = new(options => options.RememberRefusals = TimeSpan.Zero);
        ApplicableLimits[] limits =
        [
            StoreScene.Limits(policy => policy.PerUser(Yearly).Shared("1000/1h")),
            StoreScene.Limits(policy => policy.PerUser(Yearly).Tool("search", tool => tool.PerUser(new Rate(1_000, TimeSpan.FromHours(1), RateLimitAlgorithm.SlidingWindow, null, false)))),
        ];

        RateLimitDecision[] decisions = await Task.WhenAll(Enumerable.Range(0, 100).Select(i => scene.Acquire(limits[i % 2])));

        decisions.ShouldAllBe(decision => decision.Source == DecisionSource.Store);
        decisions.Count(decision => decision.IsAllowed).ShouldBe(5);
    }

    // Older tables of a zone have the edge an hour later. The row keeps the end that was written first.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Acquire_ProcessesWithDifferentTables_AgreeOnTheWindowThatIsOpen(bool isOlderFirst)
    {
        await using StoreScene scene = new(options => options.RememberRefusals = TimeSpan.Zero, hasClockOfItsOwn: true);
        ApplicableLimits newer = StoreScene.Limits(policy => policy.PerUser(Rate.Calendar(5, CalendarUnit.Day, "Asia/Tokyo")));
        ApplicableLimits older = StoreScene.Limits(policy => policy.PerUser(new Rate(
            5, new ZonedEdges(CalendarUnit.Day, "Asia/Tokyo", DateTimeZone.ForOffset(Offset.FromHours(8)), DayOfWeek.Monday))));
        (ApplicableLimits first, ApplicableLimits second) = isOlderFirst ? (older, newer) : (newer, older);
        await scene.Acquire(first, cost: 5);
        (await scene.Acquire(second)).IsAllowed.ShouldBeFalse();

        scene.ServerTime.Elapsed = TimeSpan.FromHours(6.5); // 09:00 in UTC is 18:00 in Tokyo.
        int admitted = 0;
        for (int i = 0; i < 10; i++)
        {
            admitted += (await scene.Acquire(i % 2 == 0 ? first : second)).IsAllowed ? 1 : 0;
        }

        admitted.ShouldBe(isOlderFirst ? 0 : 5);
        scene.ServerTime.Elapsed = TimeSpan.FromHours(7.5);
        (await scene.Acquire(second)).IsAllowed.ShouldBe(isOlderFirst);
    }

    [Fact]
    public async Task Acquire_Charged_ExpiresAtTheEdge()
    {
        await using StoreScene scene = new();
        ApplicableLimits limits = StoreScene.Limits(policy => policy.PerUser(Yearly));
        await scene.Acquire(limits, cost: 5);

        RateLimitDecision refused = await scene.Acquire(limits);

        string key = scene.Server.Send("KEYS", "*").Trim();
        long expires = long.Parse(scene.Server.Send("PEXPIRETIME", key)[1..], CultureInfo.InvariantCulture);
        expires.ShouldBe(refused.ResetsAt!.Value.ToUnixTimeMilliseconds());
        refused.ResetsAt.Value.ToString("MM-dd'T'HH:mm:sszzz", CultureInfo.InvariantCulture).ShouldBe("01-01T00:00:00+09:00");
    }

    [Fact]
    public async Task Acquire_RedisGone_GoesOnInTheWindowThatItSawLast()
    {
        await using StoreScene scene = new(options => options.Timeout = TimeSpan.FromSeconds(1));
        ApplicableLimits limits = StoreScene.Limits(policy => policy.PerUser(Yearly).OnStoreFailure(StoreFailureMode.Local));
        await scene.Acquire(limits, cost: 3);
        scene.Server.Kill();

        (await scene.Acquire(limits, cost: 2)).IsAllowed.ShouldBeTrue();
        RateLimitDecision refused = await scene.Acquire(limits);

        (refused.Source, refused.Outcome).ShouldBe((DecisionSource.Local, RateLimitOutcome.Denied));
        refused.ResetsAt!.Value.ToString("MM-dd'T'HH:mm:sszzz", CultureInfo.InvariantCulture).ShouldBe("01-01T00:00:00+09:00");
    }
}
