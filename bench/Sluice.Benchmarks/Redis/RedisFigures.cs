using System.Globalization;
using Sluice.Redis.Tests;

namespace Sluice.Benchmarks;

/// <summary>All figures of the shared store, measured in this run, on a server of its own.</summary>
internal static class RedisFigures
{
    private static readonly int[] CallerCounts = [1, 64, 512];

    internal static async Task<IReadOnlyList<Figure>> MeasureAsync(bool quick) =>
    [
        .. OfTheServersTime(rounds: quick ? 3 : 7, runs: quick ? 5_000 : 20_000),
        .. await OfCoalescingAsync(rounds: quick ? 3 : 7, TimeSpan.FromSeconds(quick ? 0.6 : 2)),
        new("flood-calls-per-refusal", await WithoutRedis.CallsPerRefusalAsync(quick ? 200_000 : 2_000_000), "calls", 0.01),
        new("outage-p99-ratio", await WithoutRedis.OutageRatioAsync(calls: quick ? 100_000 : 500_000, rounds: quick ? 5 : 11), "x", 3),
    ];

    private static Figure[] OfTheServersTime(int rounds, int runs)
    {
        using ServerTime time = new(runs);
        (string Name, Func<double> Measure)[] kinds =
        [
            ("INCRBY", time.Incrby),
            ("an empty script that reads TIME", time.OnlyTime),
            ("one limit, two-field hash", () => time.TwoFieldHashes(1)),
            ("one limit, ours", time.OursOne),
            ("four limits, two-field hashes", () => time.TwoFieldHashes(4)),
            ("four limits, ours", () => time.OursFour(toolsInRow: 1)),
            ("four limits, ours, rows of 9 buckets", () => time.OursFour(toolsInRow: 8)),
            ("four limits, ours, rows of 33 buckets", () => time.OursFour(toolsInRow: 32)),
            ("four limits, ours, refused", time.OursRefused),
        ];
        Dictionary<string, List<double>> micros = kinds.ToDictionary(kind => kind.Name, _ => new List<double>());
        for (int round = 0; round < rounds; round++)
        {
            foreach ((string name, Func<double> measure) in kinds)
            {
                micros[name].Add(measure());
            }
        }

        foreach ((string name, _) in kinds)
        {
            Note($"server time, {name}: {Median(micros[name]):0.00} µs");
        }

        double ours = Median(micros["four limits, ours"]);
        return
        [
            new("four-limits-ratio", ours / Median(micros["four limits, two-field hashes"]), "x", 0.4),
            new("four-limits-floor-ratio", ours / Median(micros["an empty script that reads TIME"]), "x", 5),
            new("refused-ratio", Median(micros["four limits, ours, refused"]) / ours, "x", 0.6),
        ];
    }

    private static async Task<Figure[]> OfCoalescingAsync(int rounds, TimeSpan span)
    {
        Note($"redis-benchmark, four limits, one call a run: {Ceiling.RunsPerSecond(100_000):0} a second");
        using RedisServer server = RedisServer.Start();
        foreach (int callers in CallerCounts)
        {
            foreach (bool coalesces in (bool[])[false, true])
            {
                NoteLoad(callers, limits: 1, coalesces, await ConcurrentLoad.MeasureAsync(server, callers, 1, coalesces, span));
            }
        }

        double together = await RatioAsync(server, rounds, span, callers: 512, load => load.PerSecond);
        double alone = await RatioAsync(server, rounds, span, callers: 1, load => load.P50Micros);
        return
        [
            new("coalescing-512-ratio", together, "x", 2.5, AtLeast: true),
            new("coalescing-1-p50-ratio", alone, "x", 1.05),
        ];
    }

    /// <summary>With coalescing over without, for calls under four limits, in turns.</summary>
    private static async Task<double> RatioAsync(
        RedisServer server, int rounds, TimeSpan span, int callers, Func<ConcurrentLoad, double> value)
    {
        List<double> ratios = [];
        for (int round = 0; round < rounds; round++)
        {
            ConcurrentLoad apart = await ConcurrentLoad.MeasureAsync(server, callers, 4, coalesces: false, span);
            ConcurrentLoad merged = await ConcurrentLoad.MeasureAsync(server, callers, 4, coalesces: true, span);
            ratios.Add(value(merged) / value(apart));
            if (round == rounds - 1)
            {
                NoteLoad(callers, limits: 4, coalesces: false, apart);
                NoteLoad(callers, limits: 4, coalesces: true, merged);
            }
        }

        return Median(ratios);
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    private static void NoteLoad(int callers, int limits, bool coalesces, ConcurrentLoad load)
    {
        string how = $"{callers} callers, {limits} {(limits == 1 ? "limit" : "limits")}, {(coalesces ? "together" : "apart")}";
        Note($"{how}: {load.PerSecond:0} a second, p50 {load.P50Micros:0} µs, p99 {load.P99Micros:0} µs");
        Note($"{how}: {load.OurCores:0.00} cores here and {load.ServerCores:0.00} in the server");
    }

    private static void Note(FormattableString text) => Console.WriteLine(text.ToString(CultureInfo.InvariantCulture));
}
