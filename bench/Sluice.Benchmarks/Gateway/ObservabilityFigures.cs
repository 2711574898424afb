using System.Diagnostics;
using System.Globalization;

namespace Sluice.Benchmarks;

/// <summary>What a gateway costs that operators can look into: with audit events, with metrics that are read each second.</summary>
internal static class ObservabilityFigures
{
    private const int Connections = 16;
    private const int Servers = 10;
    private const int LimitsOfServer = 1_000;
    private const string Rate = "1000000000/1s";

    /// <summary>The runtime compiles the code of a reading in its first hundred: each of the first fifty costs ten times a later one.</summary>
    private const int WarmingScrapes = 150;

    /// <summary>Two starts of one program differ by some hundredths, however long each runs: so there are several of each.</summary>
    private const int Starts = 4;

    /// <summary>The first rounds of each start are for what the runtime compiles.</summary>
    private const int WarmingRounds = 2;

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
        string rejecting = WithRejections();
        List<Contender[]> starts = [];
        for (int start = 0; start < Starts; start++)
        {
            starts.Add(
            [
                await contenders.StartGatewayAsync("metrics off", "", [Contenders.Open]),
                await contenders.StartGatewayAsync("metrics, scraped", AdminLine, [Contenders.Open]),
                await contenders.StartGatewayAsync("10 % rejected", "", [rejecting]),
                await contenders.StartGatewayAsync(
                    "10 % rejected, audit",
                    string.Create(CultureInfo.InvariantCulture, $"audit: {{ file: {contenders.PathOf($"audit-{start}.jsonl")} }}"),
                    [rejecting]),
            ]);
        }

        HttpClient[] scrapers = [.. starts.Select(start => new HttpClient { BaseAddress = start[1].Admin })]; // Prometheus keeps its connection, too.
        await Task.WhenAll(scrapers.Select(WarmScrapesAsync));
        List<Load>[] loads = [[], [], [], []];
        for (int round = -WarmingRounds * Starts; round < rounds; round++)
        {
            int start = (round + (WarmingRounds * Starts)) % Starts;
            Contender[] of = starts[start];
            Load[] ofRound =
            [
                Load.Run(of[0], Connections, callsOfEach: 1_000),
                await ScrapedAsync(of[1], scrapers[start]),
                Load.Run(of[2], Connections, callsOfEach: 1_000, withRejections: true),
                Load.Run(of[3], Connections, callsOfEach: 1_000, withRejections: true),
            ];
            for (int i = 0; round >= 0 && i < loads.Length; i++)
            {
                loads[i].Add(ofRound[i]);
            }
        }

        Array.ForEach(scrapers, scraper => scraper.Dispose());
        Contender large = await contenders.StartGatewayAsync("10,000 limits", AdminLine, [.. Enumerable.Repeat(WithManyLimits(), Servers)]);
        double scrape = await ScrapeMillisecondsAsync(large, rounds);
        Write(starts[0], loads);
        return
        [
            new("metrics-cpu-ratio", MedianRatio(loads[1], loads[0]), "x", 1.03),
            new("audit-cpu-ratio", MedianRatio(loads[3], loads[2]), "x", 1.05),
            new("scrape-ms-10k-limits", scrape, "ms", 250),
        ];
    }

    private static async Task WarmScrapesAsync(HttpClient scraper)
    {
        for (int scrape = 0; scrape < WarmingScrapes; scrape++)
        {
            await Task.Delay(BetweenReadings);
            await ScrapeAsync(scraper);
        }
    }

    private static async Task<Load> ScrapedAsync(Contender contender, HttpClient scraper)
    {
        using CancellationTokenSource done = new();
        Task scraping = ScrapeEachSecondAsync(scraper, done.Token);
        Load load = Load.Run(contender, Connections, callsOfEach: 1_000);
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

    private static void Write(Contender[] contenders, List<Load>[] loads)
    {
        for (int i = 0; i < contenders.Length; i++)
        {
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"{contenders[i].Name,-24} {Median(loads[i]),8:0.0} µs of CPU for each call"));
        }

        Console.WriteLine();
    }

    // Of each round by itself: other work on the machine disturbs the two loads of one round alike.
    private static double MedianRatio(List<Load> with, List<Load> without) =>
        with.Zip(without, static (one, other) => one.CpuMicros / other.CpuMicros).Order().ElementAt(with.Count / 2);

    private static double Median(List<Load> loads) => loads.Select(load => load.CpuMicros).Order().ElementAt(loads.Count / 2);
}
