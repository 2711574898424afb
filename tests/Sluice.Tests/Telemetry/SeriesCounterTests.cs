using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;

namespace Sluice.Tests.Telemetry;

public sealed class SeriesCounterTests : IDisposable
{
    private readonly Meter _meter = new($"series-{Guid.NewGuid():N}");

    public void Dispose() => _meter.Dispose();

    [Fact]
    public void Of_LabelsOfAnotherArrayWithEqualValues_IsTheSameSeries()
    {
        SeriesCounter counter = new(_meter, "calls", "{call}", "Calls.");

        SeriesCounter.Series one = counter.Of(Label("server", "a"), Label("limit", "shared"));

        counter.Of(Label("server", "a"), Label("limit", "shared")).ShouldBeSameAs(one);
        counter.Of(Label("server", "a"), Label("limit", "perUser")).ShouldNotBeSameAs(one);
        counter.Of(Label("server", "a")).ShouldNotBeSameAs(one);
        counter.Of(Label("limit", "shared"), Label("server", "a")).ShouldNotBeSameAs(one);
    }

    [Fact]
    public void Reading_SeriesOfWhichNothingIsCounted_IsZeroBesideTheCountsOfOthers()
    {
        SeriesCounter counter = new(_meter, "calls", "{call}", "Calls.");
        using Measurements seen = new(server: null, _meter.Name);
        SeriesCounter.Series counted = counter.Of(Label("limit", "shared"));
        SeriesCounter.Series idle = counter.Of(Label("limit", "perUser"));

        counted.Increment();
        counted.Increment();

        seen.Series.ShouldBe(["calls{limit=perUser}", "calls{limit=shared}"]);
        seen.Counted("calls").ShouldBe(["{limit=shared} 2"]);
        GC.KeepAlive(idle);
    }

    [Fact]
    public async Task Increment_ByManyThreadsWhileOthersRead_LosesNothingAndNeverGoesBack()
    {
        const int Threads = 4;
        const int OfEach = 50_000;
        SeriesCounter counter = new(_meter, "calls", "{call}", "Calls.");
        using Measurements seen = new(server: null, _meter.Name);
        SeriesCounter.Series series = counter.Of(Label("limit", "shared"));
        Task[] counting = [.. Enumerable.Range(0, Threads).Select(_ => Task.Run(() =>
        {
            for (int i = 0; i < OfEach; i++)
            {
                counter.Of(Label("limit", "shared")).Increment();
            }
        }))];

        double last = 0;
        while (!Task.WhenAll(counting).IsCompleted)
        {
            double now = seen.Sum("calls{limit=shared}");
            now.ShouldBeGreaterThanOrEqualTo(last);
            last = now;
        }

        await Task.WhenAll(counting);
        seen.Sum("calls{limit=shared}").ShouldBe(Threads * OfEach);
        GC.KeepAlive(series);
    }

    [Fact]
    public void Series_ThatNobodyHolds_IsNotObservedAnyMore()
    {
        SeriesCounter counter = new(_meter, "calls", "{call}", "Calls.");
        using Measurements seen = new(server: null, _meter.Name);
        SeriesCounter.Series held = counter.Of(Label("limit", "held"));
        CountAndForget(counter);
        seen.Series.ShouldContain("calls{limit=forgotten}");

        GC.Collect();
        GC.WaitForPendingFinalizers();
        seen.Clear();

        seen.Series.ShouldBe(["calls{limit=held}"]);
        counter.Of(Label("limit", "forgotten")).Value.ShouldBe(0);
        GC.KeepAlive(held);
    }

    [Fact]
    public void Series_OfManyForgottenDocuments_TakeNoMemory()
    {
        const int Documents = 200;
        const int LimitsOfEach = 1_000;
        SeriesCounter counter = new(_meter, "calls", "{call}", "Calls.");
        for (int document = 0; document < Documents; document++)
        {
            for (int limit = 0; limit < LimitsOfEach; limit++)
            {
                counter.Of(Label("document", $"{document}"), Label("limit", $"{limit}")).Increment();
            }

            GC.Collect();
        }

        counter.KeptSeries.ShouldBeLessThan(5 * LimitsOfEach);
    }

    [Fact]
    public void Policy_ThatIsCompiledAgain_GoesOnWithTheCountsOfTheLast()
    {
        string server = $"series-{Guid.NewGuid():N}";
        RateLimitPolicy before = Policy("30/1m");
        RateLimitPolicy after = Policy("150/1m");
        using Measurements seen = new(server);
        PolicyCounters.Start(before);
        before.Select("tools/call", "search", new CallerIdentity("issuer", "alice", null, null)).Counters[0].Allowed.Increment();

        PolicyCounters.Start(after);
        after.Select("tools/call", "search", new CallerIdentity("issuer", "alice", null, null)).Counters[0].Allowed.Increment();

        seen.Counted("sluice.limit.decisions").ShouldBe(["{limit=perUser,scope=perUser,operation=other,decision=allowed} 2"]);
        GC.KeepAlive(before);
        GC.KeepAlive(after);

        RateLimitPolicy Policy(string rate) => RateLimitPolicy.Build(server, limits => limits.PerUser(rate));
    }

    private static KeyValuePair<string, object?> Label(string name, string value) => SluiceInstruments.Label(name, value);

    // A method of its own: the caller's frame would hold the series.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void CountAndForget(SeriesCounter counter) => counter.Of(Label("limit", "forgotten")).Increment();
}
