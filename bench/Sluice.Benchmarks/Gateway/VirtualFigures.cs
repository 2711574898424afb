using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;

namespace Sluice.Benchmarks;

/// <summary>What a call costs through a virtual server, compared with the same call through the plain gateway, in one program.</summary>
internal static class VirtualFigures
{
    private const string Limits = "{ perUser: 100000000/1d }";
    private const int ManyConnections = 16;
    private const int Sessions = 1_000;

    internal static async Task<IReadOnlyList<Figure>> MeasureAsync(bool quick)
    {
        using Contenders contenders = await Contenders.StartAsync();
        return await MeasureAsync(contenders, quick ? 8 : 40);
    }

    internal static async Task<IReadOnlyList<Figure>> MeasureAsync(Contenders contenders, int rounds)
    {
        string[] backends = [.. Enumerable.Range(0, 5).Select(index => $"bench{index}")];
        string more = $"virtualServers: [{{ name: toolkit, backends: [{string.Join(", ", backends)}], rateLimiting: {Limits} }},"
            + $" {{ name: three, backends: [bench0, bench1, bench2], maxSessionsPerUser: {Sessions} }}]";
        Contender plain = await contenders.StartGatewayAsync("gateway, plain", more, [Limits, Limits, Limits, Limits, Limits]);
        using HttpClient client = new() { BaseAddress = plain.Endpoint };
        client.DefaultRequestHeaders.Add("X-API-Key", Contenders.Key);
        string session = await BeginAsync(client, "/toolkit/mcp");
        Contender through = plain.At("virtual server", "/toolkit/mcp", session, "bench1_call");
        List<Load> theirs = [];
        List<Load> ours = [];
        List<Load> theirsAlone = [];
        List<Load> oursAlone = [];
        foreach (Contender contender in (Contender[])[plain, through])
        {
            Load.Run(contender, ManyConnections, callsOfEach: 8_000);
        }

        for (int round = 0; round < rounds; round++)
        {
            theirs.Add(Load.Run(plain, ManyConnections, callsOfEach: 1_000));
            ours.Add(Load.Run(through, ManyConnections, callsOfEach: 1_000));
            theirsAlone.Add(Load.Run(plain, connections: 1, callsOfEach: 500));
            oursAlone.Add(Load.Run(through, connections: 1, callsOfEach: 500));
        }

        double list = await ListMillisecondsAsync(client, session);
        long before = plain.ResidentBytes;
        await Parallel.ForAsync(0, Sessions, new ParallelOptions { MaxDegreeOfParallelism = ManyConnections }, async (_, _) =>
        {
            string own = await BeginAsync(client, "/three/mcp");
            await PostAsync(client, "/three/mcp", own, """{"jsonrpc":"2.0","id":1,"method":"tools/list"}""");
        });
        double megabytes = plain.ResidentBytes / 1e6;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"A list of 5 servers with 200 tools each, from the cache: {list:0.00} ms. {Sessions} sessions over 3 servers: {before / 1e6:0} MB before, {megabytes:0} MB with them."));
        return
        [
            new("virtual-p50-ratio", Median(oursAlone, load => load.MedianMicros) / Median(theirsAlone, load => load.MedianMicros), "x", 1.5),
            new("virtual-cpu-ratio", Median(ours, load => load.CpuMicros) / Median(theirs, load => load.CpuMicros), "x", 1.8),
            new("virtual-list-ms", list, "ms", 3),
            new("virtual-1000-sessions-mb", megabytes, "MB", 250),
        ];
    }

    private static async Task<double> ListMillisecondsAsync(HttpClient client, string session)
    {
        double[] times = new double[201];
        for (int i = 0; i < times.Length; i++)
        {
            long sent = Stopwatch.GetTimestamp();
            await PostAsync(client, "/toolkit/mcp", session, """{"jsonrpc":"2.0","id":1,"method":"tools/list"}""");
            times[i] = Stopwatch.GetElapsedTime(sent).TotalMilliseconds;
        }

        return times.Order().ElementAt(times.Length / 2);
    }

    private static async Task<string> BeginAsync(HttpClient client, string path)
    {
        using HttpResponseMessage begun = await PostAsync(
            client,
            path,
            session: null,
            """{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"bench","version":"1"}}}""");
        return begun.Headers.GetValues("Mcp-Session-Id").Single();
    }

    private static async Task<HttpResponseMessage> PostAsync(HttpClient client, string path, string? session, string body)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, path) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/event-stream"));
        if (session is not null)
        {
            request.Headers.Add("Mcp-Session-Id", session);
        }

        HttpResponseMessage response = await client.SendAsync(request);
        Require.That(response.IsSuccessStatusCode, $"'{path}' answered {(int)response.StatusCode}.");
        return response;
    }

    private static double Median(List<Load> loads, Func<Load, double> value) => loads.Select(value).Order().ElementAt(loads.Count / 2);
}
