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

    /// <summary>
    /// Two starts of one program differ by four to five hundredths, however long each runs, so the mean of 24 is exact to one or two.
    /// </summary>
    private const int Groups = 3;

    /// <summary>Starts of each gateway that are there at a time.</summary>
    private const int StartsOfGroup = 8;

    /// <summary>
    /// The first rounds of each start are for what the runtime compiles: a call costs half as much again in them. They come before the
    /// first scrape, as calls do where a gateway is in use. As many come after the scrapes, since the runtime then compiles again what
    /// scrapes and calls share.
    /// </summary>
    private const int WarmingRounds = 2;

    private const int RoundsOfStart = 3;

    private const string Plain = "metrics off";
    private const string Metrics = "metrics, scraped";
    private const string Rejecting = "10 % rejected";
    private const string Audited = "10 % rejected, audit";
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
        List<PairedLoad> ofMetrics = [];
        List<PairedLoad> ofAudit = [];
        for (int group = 0; group < (quick ? 1 : Groups); group++)
        {
            List<Start> starts = [];
            while (starts.Count < (quick ? 2 : StartsOfGroup))
            {
                starts.Add(await StartAsync(contenders, (group * StartsOfGroup) + starts.Count));
            }

            starts.ForEach(Warm);
            await Task.WhenAll(starts.Select(start => WarmScrapesAsync(start.Scraper)));
            foreach (Start start in starts)
            {
                await MeasureAsync(start, quick ? 1 : RoundsOfStart, ofMetrics, ofAudit);
            }

            starts.ForEach(start => start.Dispose());
        }

        Contender large = await contenders.StartGatewayAsync("10,000 limits", AdminLine, [.. Enumerable.Repeat(WithManyLimits(), Servers)]);
        double scrape = await ScrapeMillisecondsAsync(large, quick ? 8 : 40);
        Write(Plain, Metrics, ofMetrics);
        Write(Rejecting, Audited, ofAudit);
        Console.WriteLine();
        return
        [
            new("metrics-cpu-ratio", PairedLoad.Mean(ofMetrics).Ratio, "x", 1.03),
            new("audit-cpu-ratio", PairedLoad.Mean(ofAudit).Ratio, "x", 1.05),
            new("scrape-ms-10k-limits", scrape, "ms", 250),
        ];
    }

    // The gateways of a pair take turns at being started first.
    private static async Task<Start> StartAsync(Contenders contenders, int number)
    {
        string rejecting = WithRejections();
        string audit = string.Create(CultureInfo.InvariantCulture, $"audit: {{ file: {contenders.PathOf($"audit-{number}.jsonl")} }}");
        Func<Task<Contender>>[] all =
        [
            () => contenders.StartGatewayAsync(Plain, "", [Contenders.Open]),
            () => contenders.StartGatewayAsync(Metrics, AdminLine, [Contenders.Open]),
            () => contenders.StartGatewayAsync(Rejecting, "", [rejecting]),
            () => contenders.StartGatewayAsync(Audited, audit, [rejecting]),
        ];
        Contender[] started = new Contender[all.Length];
        for (int i = 0; i < all.Length; i++)
        {
            int turn = i ^ (number & 1);
            started[turn] = await all[turn]();
        }

        return new Start(started[0], started[1], started[2], started[3], new HttpClient { BaseAddress = started[1].Admin });
    }

    private static async Task MeasureAsync(Start start, int rounds, List<PairedLoad> ofMetrics, List<PairedLoad> ofAudit)
    {
        Warm(start);
        List<PairedLoad> metrics = [];
        List<PairedLoad> audit = [];
        for (int round = 0; round < rounds; round++)
        {
            metrics.Add(await ScrapedAsync(start.Scraper, () => MetricsOf(start)));
            audit.Add(AuditOf(start));
        }

        ofMetrics.Add(PairedLoad.Mean(metrics));
        ofAudit.Add(PairedLoad.Mean(audit));
    }

    private static void Warm(Start start)
    {
        for (int round = 0; round < WarmingRounds; round++)
        {
            _ = MetricsOf(start);
            _ = AuditOf(start);
        }
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

    // The ratios of the starts show how far the figure can be trusted.
    private static void Write(string one, string other, List<PairedLoad> ofStarts)
    {
        PairedLoad mean = PairedLoad.Mean(ofStarts);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{one,-24} {mean.OneMicros,8:0.0} µs of CPU for each call"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{other,-24} {mean.OtherMicros,8:0.0} µs of CPU for each call"));
        double deviation = Math.Sqrt(ofStarts.Sum(pair => Math.Pow(pair.Ratio - mean.Ratio, 2)) / (ofStarts.Count - 1));
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"ratio {mean.Ratio:0.000}, standard error {deviation / Math.Sqrt(ofStarts.Count):0.000}; of the {ofStarts.Count} starts:"));
        Console.WriteLine($"  {string.Join(' ', ofStarts.Select(pair => pair.Ratio.ToString("0.00", CultureInfo.InvariantCulture)))}");
    }

    /// <summary>One start of each gateway.</summary>
    /// <param name="Plain">Without metrics.</param>
    /// <param name="Metrics">With metrics, which are scraped.</param>
    /// <param name="Rejecting">It rejects one call in ten.</param>
    /// <param name="Audited">It rejects one call in ten, and writes audit events.</param>
    /// <param name="Scraper">Reads the metrics over a connection that it keeps, as Prometheus does.</param>
    private sealed record Start(Contender Plain, Contender Metrics, Contender Rejecting, Contender Audited, HttpClient Scraper)
        : IDisposable
    {
        public void Dispose()
        {
            Scraper.Dispose();
            Plain.Dispose();
            Metrics.Dispose();
            Rejecting.Dispose();
            Audited.Dispose();
        }
    }
}
