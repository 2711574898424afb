using System.Diagnostics;
using System.Globalization;

namespace Sluice.Benchmarks;

/// <summary>What a gateway costs that operators can look into: with audit events, with metrics that are read each second.</summary>
internal static class ObservabilityFigures
{
    private const int Connections = 8; // To each of the two gateways of a pair.
    private const int CallsOfConnection = 2_000;
    private const int Servers = 10;
    private const int LimitsOfServer = 1_000;
    private const string Rate = "1000000000/1s";

    /// <summary>The runtime compiles the code of a reading in its first hundred: each of the first fifty costs ten times a later one.</summary>
    private const int WarmingScrapes = 150;

    /// <summary>Two starts of one program differ by some hundredths, however long each runs: so there are several of each.</summary>
    private const int Starts = 8;

    /// <summary>
    /// The first rounds of each start are for what the runtime compiles: a call costs half as much again in them. They come before the first
    /// scrape: where 150 scrapes came before them, a call cost some hundredths more.
    /// </summary>
    private const int WarmingRounds = 3;

    private const int RoundsOfStart = 6;

    private const string AdminLine = "admin: { listen: http://127.0.0.1:0 }";

    /// <summary>One reading serves the requests of 300 ms, by the gateway's own clock.</summary>
    private static readonly TimeSpan BetweenReadings = TimeSpan.FromMilliseconds(350);

    internal static async Task<IReadOnlyList<Figure>> MeasureAsync(bool quick)
    {
        using Contenders contenders = await Contenders.StartAsync();
        return await MeasureAsync(contenders, quick);
    }

    internal static async Task<IReadOnlyList<Figure>> MeasureAsync(Contenders contenders, bool quick)
    {
        List<Start> starts = [];
        while (starts.Count < (quick ? Starts / 4 : Starts))
        {
            starts.Add(await StartAsync(contenders, starts.Count));
        }

        foreach (Start start in starts)
        {
            for (int round = 0; round < WarmingRounds; round++)
            {
                _ = MetricsOf(start);
                _ = AuditOf(start);
            }
        }

        await Task.WhenAll(starts.Select(start => WarmScrapesAsync(start.Scraper)));
        List<PairedLoad> ofMetrics = [];
        List<PairedLoad> ofAudit = [];
        foreach (Start start in starts)
        {
            _ = MetricsOf(start); // After a pause, threads of the pool and caches are not what they were.
            for (int round = 0; round < (quick ? 1 : RoundsOfStart); round++)
            {
                ofMetrics.Add(await ScrapedAsync(start.Scraper, () => MetricsOf(start)));
                ofAudit.Add(AuditOf(start));
            }
        }

        starts.ForEach(start => start.Scraper.Dispose());
        Contender large = await contenders.StartGatewayAsync("10,000 limits", AdminLine, [.. Enumerable.Repeat(WithManyLimits(), Servers)]);
        double scrape = await ScrapeMillisecondsAsync(large, quick ? 8 : 40);
        Write(starts[0].Plain, ofMetrics, pair => pair.OneMicros);
        Write(starts[0].Metrics, ofMetrics, pair => pair.OtherMicros);
        Write(starts[0].Rejecting, ofAudit, pair => pair.OneMicros);
        Write(starts[0].Audited, ofAudit, pair => pair.OtherMicros);
        Console.WriteLine();
        return
        [
            new("metrics-cpu-ratio", Median(ofMetrics, pair => pair.Ratio), "x", 1.03),
            new("audit-cpu-ratio", Median(ofAudit, pair => pair.Ratio), "x", 1.05),
            new("scrape-ms-10k-limits", scrape, "ms", 250),
        ];
    }

    private static async Task<Start> StartAsync(Contenders contenders, int number)
    {
        string rejecting = WithRejections();
        string audit = string.Create(CultureInfo.InvariantCulture, $"audit: {{ file: {contenders.PathOf($"audit-{number}.jsonl")} }}");
        Contender metrics = await contenders.StartGatewayAsync("metrics, scraped", AdminLine, [Contenders.Open]);
        return new Start(
            await contenders.StartGatewayAsync("metrics off", "", [Contenders.Open]),
            metrics,
            await contenders.StartGatewayAsync("10 % rejected", "", [rejecting]),
            await contenders.StartGatewayAsync("10 % rejected, audit", audit, [rejecting]),
            new HttpClient { BaseAddress = metrics.Admin });
    }

    private static PairedLoad MetricsOf(Start start) =>
        PairedLoad.Run(start.Plain, start.Metrics, Connections, CallsOfConnection, withRejections: false);

    private static PairedLoad AuditOf(Start start) =>
        PairedLoad.Run(start.Rejecting, start.Audited, Connections, CallsOfConnection, withRejections: true);

    private static async Task WarmScrapesAsync(HttpClient scraper)
    {
        for (int scrape = 0; scrape < WarmingScrapes; scrape++)
        {
            await Task.Delay(BetweenReadings);
            await ScrapeAsync(scraper);
        }
    }

    private static async Task<PairedLoad> ScrapedAsync(HttpClient scraper, Func<PairedLoad> run)
    {
        using CancellationTokenSource done = new();
        Task scraping = ScrapeEachSecondAsync(scraper, done.Token);
        PairedLoad load = run();
        await done.CancelAsync();
        await scraping;
        return load;
    }

    // The first after half a second, so that a load has as many scrapes as it has seconds, rounded.
    private static async Task ScrapeEachSecondAsync(HttpClient scraper, CancellationToken done)
    {
        try
        {
            await Task.Delay(TimeSpan.FromSeconds(0.5), done);
            using PeriodicTimer timer = new(TimeSpan.FromSeconds(1));
            do
            {
                await ScrapeAsync(scraper);
            }
            while (await timer.WaitForNextTickAsync(done));
        }
        catch (OperationCanceledException)
        {
            // The load has ended.
        }
    }

    private static Task<byte[]> ScrapeAsync(HttpClient scraper) => scraper.GetByteArrayAsync(new Uri("/metrics", UriKind.Relative));

    private static async Task<double> ScrapeMillisecondsAsync(Contender contender, int rounds)
    {
        using HttpClient client = new() { BaseAddress = contender.Admin };
        List<double> times = [];
        for (int round = -1; round < rounds; round++)
        {
            await Task.Delay(BetweenReadings);
            long began = Stopwatch.GetTimestamp();
            string page = await client.GetStringAsync(new Uri("/metrics", UriKind.Relative));
            double milliseconds = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
            Require.That(page.Contains("t999/shared", StringComparison.Ordinal), "The page lacks a limit.");
            if (round >= 0)
            {
                times.Add(milliseconds);
            }
        }

        return times.Order().ElementAt(times.Count / 2);
    }

    // Limits enough that the first events of a flood, which are written one by one, are most of all.
    private static string WithRejections()
    {
        IEnumerable<string> never = Enumerable.Range(0, Load.RejectedTools).Select(tool =>
            $"{{ name: {Load.NameOfRejected(tool)}, perUser: {Rate}, overrides: [ {{ when: {{ users: bench }}, perUser: 0 }} ] }}");
        return $"{{ shared: {Rate}, perUser: {Rate}, rejection: jsonrpc, tools: [ {{ name: call, shared: {Rate}, perUser: {Rate} }}, {string.Join(", ", never)} ] }}";
    }

    private static string WithManyLimits() =>
        $"{{ tools: [ {string.Join(", ", Enumerable.Range(0, LimitsOfServer).Select(tool => $"{{ name: t{tool:000}, shared: {Rate} }}"))} ] }}";

    private static void Write(Contender contender, List<PairedLoad> pairs, Func<PairedLoad, double> micros) => Console.WriteLine(
        string.Create(CultureInfo.InvariantCulture, $"{contender.Name,-24} {Median(pairs, micros),8:0.0} µs of CPU for each call"));

    private static double Median(List<PairedLoad> pairs, Func<PairedLoad, double> of) => pairs.Select(of).Order().ElementAt(pairs.Count / 2);

    /// <summary>One start of each gateway.</summary>
    /// <param name="Plain">Without metrics.</param>
    /// <param name="Metrics">With metrics, which are scraped.</param>
    /// <param name="Rejecting">It rejects one call in ten.</param>
    /// <param name="Audited">It rejects one call in ten, and writes audit events.</param>
    /// <param name="Scraper">Reads the metrics over a connection that it keeps, as Prometheus does.</param>
    private sealed record Start(Contender Plain, Contender Metrics, Contender Rejecting, Contender Audited, HttpClient Scraper);
}
