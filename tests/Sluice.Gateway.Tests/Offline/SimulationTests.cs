using System.Text.Json;
using System.Xml.Linq;

namespace Sluice.Gateway.Tests;

/// <summary>A simulation decides as the limits say: the numbers are those that can be worked out by hand.</summary>
public sealed class SimulationTests
{
    private static readonly TimeSpan CallTime = TimeSpan.FromSeconds(1);

    [Fact]
    public void TokenBucket_EvenLoadAboveTheRate_AdmitsTheBucketAndTheRefill()
    {
        // 10 calls a second for 60 s by one user; 30 tokens at the start, one each 2 s.
        SimulationReport report = Run(Load("perUser: 30/1m", callers: 1, perSecond: 10, seconds: 60));

        report.Calls.ShouldBe(600);
        report.Allowed.ShouldBe(59); // 30 at once and 29 that came back before the last call at 59.9 s.
        report.Refused.ShouldBe(541);
        LimitReport limit = report.Limits.ShouldHaveSingleItem();
        (limit.Limit, limit.Calls, limit.Refused).ShouldBe(("perUser", 600, 541));
        report.AllowedSeries.Sum().ShouldBe(59);
        report.RefusedSeries.Sum().ShouldBe(541);
        report.Users.ShouldHaveSingleItem().LongestWait.ShouldBe(TimeSpan.FromSeconds(1.9));
    }

    [Fact]
    public void Users_TakingTurns_HaveBucketsOfTheirOwn()
    {
        SimulationReport report = Run(Load("perUser: 5/1h", callers: 3, perSecond: 10, seconds: 30));

        report.Users.Select(user => (user.Calls, user.Allowed)).ShouldBe([(100, 5), (100, 5), (100, 5)]);
    }

    [Fact]
    public void Concurrency_CallsThatLast_HoldTheirSlots()
    {
        // A call each 100 ms lasts 1 s: two slots admit two calls a second.
        SimulationReport report = Run(Load("concurrency: { shared: 2 }", callers: 1, perSecond: 10, seconds: 10));

        report.Allowed.ShouldBe(20);
        report.Limits.ShouldHaveSingleItem().Refused.ShouldBe(80);
    }

    [Fact]
    public void ConcurrencyAndWait_NoSlotIsFree_CallsWaitForOneAndCallersTakeTurns()
    {
        // Two callers in turn, a call each 100 ms, and each runs for 200 ms: one slot admits every second call.
        SyntheticLoad load = Load("concurrency: { shared: 1 }\nwait: 60s", callers: 2, perSecond: 10, seconds: 4);

        SimulationReport report = Run(load, TimeSpan.FromMilliseconds(200));

        report.Allowed.ShouldBe(40);
        report.Refused.ShouldBe(0);
        report.Held.ShouldBe(39);
        report.LongestDelay.ShouldBe(TimeSpan.FromSeconds(3.9)); // The last comes at 3.9 s, behind 39 that run for 7.8 s together.
    }

    [Fact]
    public void ConcurrencyAndWait_SlotComesTooLate_IsRefusedWhenItsWaitEnds()
    {
        // A call each second, and each runs for 10 s. The calls of 0 s, 9 s, 19 s and 29 s get the slot; that of 8 s waits until 10 s, too late.
        SyntheticLoad load = Load("concurrency: { perUser: 1 }\nwait: 2s", callers: 1, perSecond: 1, seconds: 30);

        SimulationReport report = Run(load, TimeSpan.FromSeconds(10));

        report.Allowed.ShouldBe(4);
        report.Refused.ShouldBe(26);
        report.LongestDelay.ShouldBe(TimeSpan.FromSeconds(1));
        report.Users.ShouldHaveSingleItem().LongestWait.ShouldBe(TimeSpan.FromSeconds(1));
    }

    [Fact]
    public void ConcurrencyAndWait_AllPlacesTaken_OthersAreRefusedAtOnce()
    {
        SyntheticLoad load = Load("concurrency: { shared: 1 }\nwait: 60s\nmaxWaiting: 3", callers: 1, perSecond: 10, seconds: 1);

        SimulationReport report = Run(load, TimeSpan.FromSeconds(5));

        (report.Allowed, report.Refused, report.Held).ShouldBe((4, 6, 3));
    }

    [Fact]
    public void ConcurrencyRateAndWait_SlotComesBeforeTheToken_CallWaitsForBoth()
    {
        SyntheticLoad load = Load(
            "shared: { maxTokens: 1, refillPeriod: 1s }\nconcurrency: { shared: 1 }\nwait: 30s", callers: 1, perSecond: 10, seconds: 1);

        SimulationReport report = Run(load, TimeSpan.FromMilliseconds(300));

        (report.Allowed, report.Held).ShouldBe((10, 9));
        report.LongestDelay.ShouldBe(TimeSpan.FromSeconds(9) - TimeSpan.FromSeconds(0.9)); // One each second; the last came at 0.9 s.
    }

    [Fact]
    public void Text_LimitsOnConcurrency_SaysHowLongCallsHoldTheirSlots()
    {
        SimulationReport report = Run(Load("concurrency: { shared: 2 }", callers: 1, perSecond: 10, seconds: 10));

        SimulationText.Write(report).ShouldContain("\nEach allowed call is taken to run, and to hold its slots, for 1s (--call-time).\n");
        JsonDocument.Parse(SimulationJson.Write(report, suggestions: null)).RootElement.GetProperty("callTimeMs").GetInt64().ShouldBe(1_000);
        SimulationText.Write(Run(Load("shared: 5/1m", callers: 1, perSecond: 10, seconds: 10))).ShouldNotContain("--call-time");
    }

    [Fact]
    public void Wait_CallsThatComeTooEarly_AreHeldUpToTheWait()
    {
        SimulationReport report = Run(Load("perUser: { maxTokens: 60, refillPeriod: 1m, burst: 1 }\nwait: 2s", callers: 1, perSecond: 2, seconds: 10));

        report.LongestDelay.ShouldBeInRange(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2));
        report.Held.ShouldBeGreaterThan(5);
        report.Refused.ShouldBeGreaterThan(0);
    }

    [Fact]
    public void Permissive_LimitThatIsExceeded_CountsWhatItWouldRefuse()
    {
        SimulationReport report = Run(Load("perUser: 5/1h\nmode: permissive", callers: 1, perSecond: 1, seconds: 20));

        report.Refused.ShouldBe(0);
        report.Limits.ShouldHaveSingleItem().WouldRefuse.ShouldBe(15);
    }

    [Fact]
    public void Override_ThatAdmitsNothing_RefusesForGood()
    {
        SimulationReport report = Run(Load("perUser: 5/1h\noverrides: [{ when: { users: [user-1] }, perUser: 0 }]", callers: 2, perSecond: 1, seconds: 8));

        report.Unsatisfiable.ShouldBe(4);
        report.Allowed.ShouldBe(4);
        report.Limits.ShouldHaveSingleItem().Rate.ShouldBe("0 or 5/1h");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void Load_OfEachKind_HasItsMeanRateAndIsTheSameForTheSameSeed(int kind)
    {
        SyntheticLoad load = Load("shared: 1/1s", callers: 7, perSecond: 100, seconds: 600) with { Arrivals = (ArrivalKind)kind, Burst = 25, Skew = 1, Seed = 7 };
        Arrival[] calls = [.. All(load)];

        calls.ShouldBe(All(load));
        calls.Length.ShouldBeInRange(59_000, 61_000);
        calls.Zip(calls.Skip(1)).ShouldAllBe(pair => pair.First.Ticks <= pair.Second.Ticks);
        int[] byCaller = [.. Enumerable.Range(0, 7).Select(caller => calls.Count(call => call.Caller == caller))];
        ((double)byCaller[0] / byCaller[1]).ShouldBe(2, 0.3);
        All(load with { Seed = 8 }).ShouldNotBe(calls);
    }

    [Fact]
    public void Burst_Calls_ComeTogetherByOneCaller()
    {
        SyntheticLoad load = Load("shared: 1/1s", callers: 5, perSecond: 10, seconds: 100) with { Arrivals = ArrivalKind.Burst, Burst = 50 };

        IGrouping<long, Arrival>[] bursts = [.. All(load).GroupBy(call => call.Ticks)];

        bursts.Length.ShouldBe(20);
        bursts.ShouldAllBe(burst => burst.Count() == 50 && burst.Select(call => call.Caller).Distinct().Count() == 1);
        bursts.Zip(bursts.Skip(1)).ShouldAllBe(pair => pair.Second.Key - pair.First.Key == TimeSpan.TicksPerSecond * 5);
    }

    [Fact]
    public void Suggestion_ForEachLimit_IsTheSmallestRoundNumberThatRefusesFewEnough()
    {
        SyntheticLoad load = Load("shared: 1/1s\nperUser: [100/1m, 1000/1h]", callers: 4, perSecond: 20, seconds: 600) with { Arrivals = ArrivalKind.Poisson };

        LimitSuggestion[] suggestions = [.. new Suggestions(load, 1_024, 0.01, CancellationToken.None).For(Run(load))];

        suggestions.Select(suggestion => suggestion.Limit).ShouldBe(["shared", "perUser/1m", "perUser/1h"]);
        foreach (LimitSuggestion suggestion in suggestions)
        {
            suggestion.SuggestedShare!.Value.ShouldBeLessThanOrEqualTo(0.01);
            suggestion.SmallerShare!.Value.ShouldBeGreaterThan(0.01);
        }

        // Each user calls 5 times a second.
        suggestions[1].Suggested.ShouldBe("300/1m");
        (suggestions[2].Suggested, suggestions[2].Smaller).ShouldBe(("3000/1h", "2500/1h"));
    }

    [Fact]
    public void RoundNumbers_AreAscendingUpToTheLargestLimit()
    {
        Suggestions.RoundNumbers.Take(14).ShouldBe([1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40]);
        Suggestions.RoundNumbers.ShouldBe(Suggestions.RoundNumbers.Order());
        Suggestions.RoundNumbers[^1].ShouldBe(2_000_000_000);
    }

    [Fact]
    public void Reports_InEachForm_SayTheSameNumbers()
    {
        SimulationReport report = Run(Load("perUser: 30/1m", callers: 12, perSecond: 10, seconds: 60));

        JsonElement json = JsonDocument.Parse(SimulationJson.Write(report, suggestions: null)).RootElement;
        json.GetProperty("calls").GetInt64().ShouldBe(report.Calls);
        json.GetProperty("allowed").GetInt64().ShouldBe(report.Allowed);
        json.GetProperty("refused").GetInt64().ShouldBe(report.Refused);
        json.GetProperty("limits").GetArrayLength().ShouldBe(1);
        json.GetProperty("users").GetArrayLength().ShouldBe(12);
        string text = SimulationText.Write(report);
        text.ShouldStartWith($"600 calls in 1m: {report.Allowed} allowed, {report.Refused} rejected");
        text.ShouldContain("and 2 more users");
        text.Split('\n').ShouldAllBe(line => line.Length == line.TrimEnd().Length);
        XElement svg = XElement.Parse(SvgChart.Draw(report, "a <b> & c"));
        svg.Elements().First().Value.ShouldBe("a <b> & c");
        svg.ToString().ShouldContain($"allowed, {report.Allowed}");
    }

    private static IEnumerable<Arrival> All(SyntheticLoad traffic)
    {
        IArrivals arrivals = traffic.Begin();
        while (arrivals.TryNext(out Arrival arrival))
        {
            yield return arrival;
        }
    }

    private static SimulationReport Run(SyntheticLoad traffic, TimeSpan? callTime = null)
    {
        using Simulation simulation = new(traffic, callTime ?? CallTime, maxKeys: 1_024);
        return simulation.Run(replace: null, progress: null, CancellationToken.None);
    }

    private static SyntheticLoad Load(string limits, int callers, int perSecond, int seconds)
    {
        string yaml =
            "auth: { apiKeys: [{ user: a, sha256: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 }] }\n"
            + "servers:\n  - name: s\n    upstream: http://127.0.0.1:3001/mcp\n    rateLimiting:\n"
            + string.Concat(limits.Split('\n').Select(line => $"      {line}\n"));
        RateLimitPolicy policy = Sluice.Documents.GatewayFile.Parse(yaml, "f").RequireConfiguration().Servers[0].Policy!;
        return new SyntheticLoad
        {
            Callers = [.. Enumerable.Range(1, callers).Select(number => new SimulatedCaller($"user-{number}", new CallerIdentity("i", $"user-{number}", null, null)))],
            Operations = [new SimulatedOperation(policy, "s", "tools/call", "x")],
            Weights = [1],
            Start = DateTimeOffset.UnixEpoch,
            Length = TimeSpan.FromSeconds(seconds),
            CallsPerTick = perSecond / (double)TimeSpan.TicksPerSecond,
            Arrivals = ArrivalKind.Even,
        };
    }
}
