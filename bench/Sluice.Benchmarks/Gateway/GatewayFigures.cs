using System.Globalization;

namespace Sluice.Benchmarks;

/// <summary>All figures of the gateway, measured in this run: contenders take turns, so that what else runs hits them alike.</summary>
internal static class GatewayFigures
{
    private const int ManyConnections = 16;
    private const int OpenStreams = 1_000;

    internal static async Task<IReadOnlyList<Figure>> MeasureAsync(bool quick)
    {
        int rounds = quick ? 8 : 40;
        using Contenders contenders = await Contenders.StartAsync();
        Contender forwarder = await contenders.StartForwarderAsync();
        Contender gateway = await contenders.StartGatewayAsync();
        Contender overRedis = await contenders.StartGatewayAsync(new BenchedRedis());
        Contender? nginx = await contenders.StartNginxAsync();
        Contender[] all = [contenders.Server, forwarder, gateway, overRedis, .. nginx is null ? [] : (Contender[])[nginx]];

        Console.WriteLine($"{rounds} rounds; in each, every contender takes its turn.{(nginx is null ? " nginx is not on this machine, and has no row." : "")}");
        Dictionary<Contender, List<Load>> many = all.ToDictionary(contender => contender, _ => new List<Load>());
        Dictionary<Contender, List<Load>> alone = all.ToDictionary(contender => contender, _ => new List<Load>());
        foreach (Contender contender in all)
        {
            Load.Run(contender, ManyConnections, callsOfEach: 8_000); // What the runtime compiles and recompiles is no call's.
        }

        for (int round = 0; round < rounds; round++)
        {
            foreach (Contender contender in all)
            {
                many[contender].Add(Load.Run(contender, ManyConnections, callsOfEach: 1_000)); // CPU time is counted in hundredths of a second.
                alone[contender].Add(Load.Run(contender, connections: 1, callsOfEach: 500));
            }
        }

        Write(all, many, alone);
        double events = await EventRatioAsync(forwarder, gateway, rounds);
        Contender fresh = await contenders.StartGatewayAsync();
        double megabytes = await Events.ResidentBytesWithOpenAsync(fresh, OpenStreams) / 1e6;
        IReadOnlyList<Figure> throughVirtual = await VirtualFigures.MeasureAsync(contenders, rounds);
        IReadOnlyList<Figure> observed = await ObservabilityFigures.MeasureAsync(contenders, quick);
        return
        [
            new("cpu-ratio", Ratio(many[gateway], many[forwarder], load => load.CpuMicros), "x", 1.15),
            new("p50-ratio", Ratio(alone[gateway], alone[forwarder], load => load.MedianMicros), "x", 1.1),
            new("sse-p50-ratio", events, "x", 1.2),
            new("rss-1000-streams", megabytes, "MB", 120),
            .. throughVirtual,
            .. observed,
            .. nginx is null
                ? []
                : (Figure[])[new("nginx-ratio", Ratio(many[gateway], many[nginx], load => load.CpuMicros), "x", Goal: null)],
        ];
    }

    private static async Task<double> EventRatioAsync(Contender forwarder, Contender gateway, int rounds)
    {
        const int EventsOfARound = 300;
        List<double> theirs = [];
        List<double> ours = [];
        for (int round = 0; round < rounds; round++)
        {
            theirs.Add(Median(await Events.TimeAsync(forwarder, EventsOfARound)));
            ours.Add(Median(await Events.TimeAsync(gateway, EventsOfARound)));
        }

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"An event of a stream, p50: {Median(theirs):0} µs through the bare forwarder, {Median(ours):0} µs through the gateway."));
        Console.WriteLine();
        return Median(ours) / Median(theirs);
    }

    private static void Write(Contender[] all, Dictionary<Contender, List<Load>> many, Dictionary<Contender, List<Load>> alone)
    {
        Console.WriteLine();
        Console.WriteLine($"                        {ManyConnections} connections                              one connection");
        Console.WriteLine("                      calls/s   p50 µs   p99 µs  CPU µs/call   p50 µs   p99 µs  MB resident");
        foreach (Contender contender in all)
        {
            List<Load> loaded = many[contender];
            List<Load> lone = alone[contender];
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{contender.Name,-20} {Median(loaded, load => load.PerSecond),8:0} {Median(loaded, load => load.MedianMicros),8:0} {Median(loaded, load => load.NinetyNinthMicros),8:0} {Median(loaded, load => load.CpuMicros),12:0.0} {Median(lone, load => load.MedianMicros),8:0} {Median(lone, load => load.NinetyNinthMicros),8:0} {contender.ResidentBytes / 1e6,12:0}"));
        }

        Console.WriteLine();
    }

    private static double Ratio(List<Load> ours, List<Load> theirs, Func<Load, double> value) =>
        Median(ours, value) / Median(theirs, value);

    private static double Median(List<Load> loads, Func<Load, double> value) => Median(loads.Select(value));

    private static double Median(IEnumerable<double> values)
    {
        double[] ordered = [.. values.Order()];
        return ordered[ordered.Length / 2];
    }
}
