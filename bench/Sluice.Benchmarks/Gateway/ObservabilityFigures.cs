using System.Diagnostics;
using System.Globalization;

namespace Sluice.Benchmarks;

/// <summary>What a gateway costs that operators can look into: with audit events, with metrics that are read each second.</summary>
internal static class ObservabilityFigures
{
    private const int Connections = 8; // To each of the two gateways that are called at the same time.
    private const int CallsOfConnection = 2_000;
    private const int Servers = 10;
    private const int LimitsOfServer = 1_000;
    private const string Rate = "1000000000/1s";

    /// <summary>The runtime compiles the code of a reading in its first hundred: each of the first fifty costs ten times a later one.</summary>
    private const int WarmingScrapes = 150;

    /// <summary>Two starts of one program differ by some hundredths, however long each runs: so there are several of each.</summary>
    private const int Starts = 8;

    /// <summary>The first rounds of each start are for what the runtime compiles: a call costs half as much again in them.</summary>
    private const int WarmingRounds = 3;

    private const string AdminLine = "admin: { listen: http://127.0.0.1:0 }";

    /// <summary>One reading serves the requests of 300 ms, by the gateway's own clock.</summary>
    private static readonly TimeSpan BetweenReadings = TimeSpan.FromMilliseconds(350);

    internal static async Task<IReadOnlyList<Figure>> MeasureAsync(bool quick)
    {
        using Contenders contenders = await Contenders.StartAsync();
        return await MeasureAsync(contenders, quick ? 8 : 40);
    }

    internal static async Task<IReadOnlyList<Figure>> MeasureAsync(Contenders contenders, int rounds)
    {
        List<Start> starts = [];
        while (starts.Count < Starts)
        {
            starts.Add(await StartAsync(contenders, starts.Count));
        }

        await Task.WhenAll(starts.Select(start => WarmScrapesAsync(start.Scraper)));
        List<Load>[] loads = [[], [], [], []];
        for (int round = -WarmingRounds * Starts; round < rounds; round++)
        {
            Start start = starts[(round + (WarmingRounds * Starts)) % Starts];
            bool isTurned = ((round + (WarmingRounds * Starts)) / Starts) % 2 == 1;
            (Load plain, Load metrics) = await ScrapedAsync(
                start.Scraper, () => TogetherAsync(start.Plain, start.Metrics, isTurned, withRejections: false));
            (Load rejecting, Load audited) = await TogetherAsync(start.Rejecting, start.Audited, isTurned, withRejections: true);
            if (round >= 0)
            {
                loads[0].Add(plain);
                loads[1].Add(metrics);
                loads[2].Add(rejecting);
                loads[3].Add(audited);
            }
        }

        starts.ForEach(start => start.Scraper.Dispose());
        Contender large = await contenders.StartGatewayAsync("10,000 limits", AdminLine, [.. Enumerable.Repeat(WithManyLimits(), Servers)]);
        double scrape = await ScrapeMillisecondsAsync(large, rounds);
        Write([starts[0].Plain, starts[0].Metrics, starts[0].Rejecting, starts[0].Audited], loads);
        return
        [
            new("metrics-cpu-ratio", MedianRatio(loads[1], loads[0]), "x", 1.03),
            new("audit-cpu-ratio", MedianRatio(loads[3], loads[2]), "x", 1.05),
            new("scrape-ms-10k-limits", scrape, "ms", 250),
        ];
    }

    private static async Task<Start> StartAsync(Contenders contenders, int number)
    {
        string rejecting = WithRejections();
        string audit = string.Create(CultureInfo.InvariantCulture, $"audit: {{ file: {contenders.PathOf($"audit-{number}.jsonl")} }}");
        bool isTurned = number % 2 == 1;
        (Contender plain, Contender metrics) = await InOrderAsync(
            () => contenders.StartGatewayAsync("metrics off", "", [Contenders.Open]),
            () => contenders.StartGatewayAsync("metrics, scraped", AdminLine, [Contenders.Open]),
            isTurned);
        (Contender rejects, Contender audited) = await InOrderAsync(
            () => contenders.StartGatewayAsync("10 % rejected", "", [rejecting]),
            () => contenders.StartGatewayAsync("10 % rejected, audit", audit, [rejecting]),
            isTurned);
        return new Start(plain, metrics, rejects, audited, new HttpClient { BaseAddress = metrics.Admin });
    }

    private static async Task<(Contender One, Contender Other)> InOrderAsync(
        Func<Task<Contender>> one, Func<Task<Contender>> other, bool isTurned)
    {
        Contender first = await (isTurned ? other : one)();
        Contender second = await (isTurned ? one : other)();
        return isTurned ? (second, first) : (first, second);
    }

    private static async Task WarmScrapesAsync(HttpClient scraper)
    {
        for (int scrape = 0; scrape < WarmingScrapes; scrape++)
        {
            await Task.Delay(BetweenReadings);
            await ScrapeAsync(scraper);
        }
    }

    // At the same time, so that whatever else the machine does costs both alike. Which of them is called first matters by a hundredth.
    private static async Task<(Load One, Load Other)> TogetherAsync(Contender one, Contender other, bool isTurned, bool withRejections)
    {
        Task<Load> first = OnAThreadAsync(() => Load.Run(isTurned ? other : one, Connections, CallsOfConnection, withRejections));
        Task<Load> second = OnAThreadAsync(() => Load.Run(isTurned ? one : other, Connections, CallsOfConnection, withRejections));
        (Load ofFirst, Load ofSecond) = (await first, await second);
        return isTurned ? (ofSecond, ofFirst) : (ofFirst, ofSecond);
    }

    // The scraper needs the threads of the pool.
    private static Task<Load> OnAThreadAsync(Func<Load> run) =>
        Task.Factory.StartNew(run, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private static async Task<(Load Plain, Load Metrics)> ScrapedAsync(HttpClient scraper, Func<Task<(Load Plain, Load Metrics)>> run)
    {
        using CancellationTokenSource done = new();
        Task scraping = ScrapeEachSecondAsync(scraper, done.Token);
        (Load, Load) loads = await run();
        await done.CancelAsync();
        await scraping;
        return loads;
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

    private static void Write(Contender[] contenders, List<Load>[] loads)
    {
        for (int i = 0; i < contenders.Length; i++)
        {
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"{contenders[i].Name,-24} {Median(loads[i]),8:0.0} µs of CPU for each call"));
        }

        Console.WriteLine();
    }

    // Of each round by itself, whose two loads ran at the same time.
    private static double MedianRatio(List<Load> with, List<Load> without) =>
        with.Zip(without, static (one, other) => one.CpuMicros / other.CpuMicros).Order().ElementAt(with.Count / 2);

    private static double Median(List<Load> loads) => loads.Select(load => load.CpuMicros).Order().ElementAt(loads.Count / 2);

    /// <summary>One start of each gateway.</summary>
    /// <param name="Plain">Without metrics.</param>
    /// <param name="Metrics">With metrics, which are scraped.</param>
    /// <param name="Rejecting">It rejects one call in ten.</param>
    /// <param name="Audited">It rejects one call in ten, and writes audit events.</param>
    /// <param name="Scraper">Reads the metrics over a connection that it keeps, as Prometheus does.</param>
    private sealed record Start(Contender Plain, Contender Metrics, Contender Rejecting, Contender Audited, HttpClient Scraper);
}
