using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;

namespace Sluice.Benchmarks;

/// <summary>Reloads of a document of 100 servers with 100 tools each, and what calls notice of them.</summary>
internal static class Reloads
{
    private const int Servers = 100;
    private const int Tools = 100;
    private const int Connections = 2;
    private const int CallsOfEach = 2_000;
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(5);

    internal static async Task<IReadOnlyList<Figure>> MeasureAsync(int rounds)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("sluice-bench-");
        string file = Path.Combine(folder.FullName, "sluice.yaml");
        Environment.SetEnvironmentVariable("Logging__LogLevel__Default", "Warning"); // Of the gateway: it logs each reload.
        using Contenders contenders = await Contenders.StartAsync();
        await File.WriteAllTextAsync(file, Document(contenders.Server.Endpoint, number: 0));
        using Contender gateway = (await Contender.StartAsync(
            "gateway", Path.Combine(AppContext.BaseDirectory, "Sluice.Gateway.dll"), "run", file)).At("/s0/mcp");
        using HttpClient client = new();
        Load.Run(gateway, Connections, 4 * CallsOfEach);
        List<double> milliseconds = [];
        List<double> ratios = [];
        int number = 0;
        for (int round = 0; round < rounds; round++)
        {
            double before = Load.Run(gateway, Connections, CallsOfEach).NinetyNinthMicros;
            Task<Load> load = Task.Run(() => Load.Run(gateway, Connections, CallsOfEach));
            do
            {
                number++;
                milliseconds.Add(await ReloadAsync(file, Document(contenders.Server.Endpoint, number), number, gateway, client));
            }
            while (!load.IsCompleted);

            ratios.Add((await load).NinetyNinthMicros / before);
        }

        folder.Delete(recursive: true);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{number} reloads of {Servers} servers with {Tools} tools each: median {Median(milliseconds):0} ms, longest {milliseconds.Max():0} ms."));
        Console.WriteLine();
        return
        [
            new("reload-ms-10k-limits", Median(milliseconds), "ms", 300),
            new("reload-p99-ratio", Median(ratios), "x", 2),
        ];
    }

    /// <summary>Writes a document, asks for a reload, and waits until a server of the new document is served.</summary>
    /// <returns>The time from the signal, in milliseconds.</returns>
    private static async Task<double> ReloadAsync(string file, string document, int number, Contender gateway, HttpClient client)
    {
        await File.WriteAllTextAsync(file + ".new", document);
        File.Move(file + ".new", file, overwrite: true);
        Uri added = new(gateway.Endpoint, string.Create(CultureInfo.InvariantCulture, $"/added-{number}/mcp"));
        long from = Stopwatch.GetTimestamp();
        gateway.Signal("HUP");
        while (await StatusAsync(client, added) == HttpStatusCode.NotFound)
        {
            Require.That(Stopwatch.GetElapsedTime(from) < TimeSpan.FromMinutes(1), "The document was not reloaded.");
            await Task.Delay(BetweenLooks); // Without a pause, these requests would load the gateway more than the calls do.
        }

        return Stopwatch.GetElapsedTime(from).TotalMilliseconds;
    }

    private static async Task<HttpStatusCode> StatusAsync(HttpClient client, Uri address)
    {
        using HttpRequestMessage request = new(HttpMethod.Delete, address); // Without a key: 401 where there is a server.
        using HttpResponseMessage response = await client.SendAsync(request);
        return response.StatusCode;
    }

    private static string Document(Uri server, int number)
    {
        const int Rate = 1_000_000_000;
        StringBuilder text = new(
            $"listen: http://127.0.0.1:0\nauth: {{ apiKeys: [ {{ user: bench, sha256: {Hash(Contenders.Key)} }} ] }}\nservers:\n");
        text.Append(CultureInfo.InvariantCulture, $"  - {{ name: added-{number}, upstream: \"{server}\" }}\n");
        for (int i = 0; i < Servers; i++)
        {
            text.Append(CultureInfo.InvariantCulture, $"  - name: s{i}\n    upstream: \"{server}\"\n    rateLimiting:\n      tools:\n");
            for (int tool = 0; tool < Tools; tool++)
            {
                text.Append(CultureInfo.InvariantCulture, $"        - {{ name: {(tool == 0 ? "call" : $"t{tool}")}, perUser: {Rate - number}/1s }}\n");
            }
        }

        return text.ToString();
    }

    private static string Hash(string key) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)));

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
}
