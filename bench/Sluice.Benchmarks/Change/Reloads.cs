using System.Diagnostics;
using System.Globalization;
using System.Net;

namespace Sluice.Benchmarks;

/// <summary>Reloads of a document of 100 servers with 100 tools each, and what calls notice of them.</summary>
/// <remarks>
/// In each round the same connections call before and during reloads. Of the calls during them, those count that were sent between the
/// signal and the first answer by the new document, however short that time is.
/// </remarks>
internal sealed class Reloads : IDisposable
{
    private const int Saturating = 2; // With two processors: the gateway, the callers and the server have all of both.
    private const int CallsOfRound = 4_000;
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(2);

    private readonly Contender _gateway;
    private readonly LargeDocument _document;
    private readonly string _file;
    private readonly HttpClient _client = new();
    private int _number;

    private Reloads(Contender gateway, LargeDocument document, string file)
    {
        _gateway = gateway;
        _document = document;
        _file = file;
    }

    internal static async Task<IReadOnlyList<Figure>> MeasureAsync(int rounds)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("sluice-bench-");
        string file = Path.Combine(folder.FullName, "sluice.yaml");
        Environment.SetEnvironmentVariable("Logging__LogLevel__Default", "Warning"); // Of the gateway: it logs each reload.
        using Contenders contenders = await Contenders.StartAsync();
        LargeDocument document = new(contenders.Server.Endpoint);
        await File.WriteAllBytesAsync(file, document.Text);
        using Contender gateway = (await Contender.StartAsync(
            "gateway", Path.Combine(AppContext.BaseDirectory, "Sluice.Gateway.dll"), "run", file)).At("/s0/mcp");
        Require.That(!gateway.IgnoresHangUp, "The gateway ignores SIGHUP, and reloads late: start this without nohup.");
        using Reloads reloads = new(gateway, document, file);
        await reloads.WarmUpAsync();

        Console.WriteLine($"Reloads of {LargeDocument.Servers} servers with {LargeDocument.Tools} tools each:");
        Console.WriteLine();
        Console.WriteLine(
            "| changed | connections | reloads | ms, median | ms, longest | calls before | p50 µs | p99 µs "
            + "| calls during | p50 µs | p99 µs | longest µs | collections here |");
        Console.WriteLine("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |");
        Measured whole = await reloads.MeasureAsync("all limits", rounds, isWhole: true, Saturating);
        Measured one = await reloads.MeasureAsync("one limit", rounds, isWhole: false, Saturating);
        Measured lone = await reloads.MeasureAsync("all limits", rounds, isWhole: true, connections: 1);
        Console.WriteLine();
        folder.Delete(recursive: true);
        return
        [
            new("reload-ms-10k-limits", whole.Milliseconds, "ms", 300),
            new("reload-p99-ratio", whole.Ratio, "x", 2),
            new("reload-one-ms-10k-limits", one.Milliseconds, "ms", 300),
            new("reload-one-p99-ratio", one.Ratio, "x", 2),
            new("reload-lone-ms-10k-limits", lone.Milliseconds, "ms", 300),
            new("reload-lone-p99-ratio", lone.Ratio, "x", 2),
        ];
    }

    public void Dispose() => _client.Dispose();

    private async Task WarmUpAsync()
    {
        using TimedCalls calls = TimedCalls.Start(_gateway, Saturating);
        await calls.MoreAsync(4 * CallsOfRound);
        for (int reload = 0; reload < 6; reload++)
        {
            await ReloadAsync(isWhole: reload % 2 == 0);
        }

        calls.Stop();
    }

    private async Task<Measured> MeasureAsync(string changed, int rounds, bool isWhole, int connections)
    {
        List<double> milliseconds = [];
        List<double> ratios = [];
        List<double> before = [];
        List<double> during = [];
        int collections = 0;
        for (int round = 0; round < rounds; round++)
        {
            using TimedCalls calls = TimedCalls.Start(_gateway, connections);
            await calls.MoreAsync(CallsOfRound / 4); // The connections are new.
            int collectionsBefore = GC.CollectionCount(0);
            (long, long) quiet = await WithoutReloadAsync(calls);
            List<(long, long)> spans = [];
            for (int inReloads = 0; inReloads < CallsOfRound;)
            {
                int answered = calls.Count;
                (long From, long To) span = await ReloadAsync(isWhole);
                inReloads += calls.Count - answered;
                spans.Add(span);
                milliseconds.Add(Stopwatch.GetElapsedTime(span.From, span.To).TotalMilliseconds);
            }

            collections += GC.CollectionCount(0) - collectionsBefore;
            calls.Stop();
            double[] ofQuiet = calls.During([quiet]);
            double[] ofReloads = calls.During(spans);
            ratios.Add(At(ofReloads, 0.99) / At(ofQuiet, 0.99));
            before.AddRange(ofQuiet);
            during.AddRange(ofReloads);
        }

        before.Sort();
        during.Sort();
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| {changed} | {connections} | {milliseconds.Count} | {Turns.Median(milliseconds):0} | {milliseconds.Max():0} ")
            + string.Create(CultureInfo.InvariantCulture, $"| {before.Count} | {At(before, 0.5):0} | {At(before, 0.99):0} ")
            + string.Create(
                CultureInfo.InvariantCulture,
                $"| {during.Count} | {At(during, 0.5):0} | {At(during, 0.99):0} | {during[^1]:0} | {collections} |"));
        return new Measured(Turns.Median(milliseconds), Turns.Median(ratios));
    }

    /// <summary>Waits for calls, and looks for a server that there is not, as often as during a reload.</summary>
    private async Task<(long From, long To)> WithoutReloadAsync(TimedCalls calls)
    {
        Uri none = new(_gateway.Endpoint, "/added-none/mcp");
        int until = calls.Count + CallsOfRound;
        long from = Stopwatch.GetTimestamp();
        while (calls.Count < until && await StatusAsync(none) == HttpStatusCode.NotFound)
        {
            await calls.CheckAsync(BetweenLooks);
        }

        return (from, Stopwatch.GetTimestamp());
    }

    /// <summary>Writes a document, asks for a reload, and waits until a server of the new document is served.</summary>
    /// <returns>From the signal to that.</returns>
    private async Task<(long From, long To)> ReloadAsync(bool isWhole)
    {
        Uri added = new(_gateway.Endpoint, _document.Change(++_number, isWhole));
        await File.WriteAllBytesAsync(_file + ".new", _document.Text);
        File.Move(_file + ".new", _file, overwrite: true);
        long from = Stopwatch.GetTimestamp();
        _gateway.AskToReload();
        while (await StatusAsync(added) == HttpStatusCode.NotFound)
        {
            Require.That(Stopwatch.GetElapsedTime(from) < TimeSpan.FromMinutes(1), "The document was not reloaded.");
            await Task.Delay(BetweenLooks); // Without a pause, these requests would load the gateway more than the calls do.
        }

        return (from, Stopwatch.GetTimestamp());
    }

    private async Task<HttpStatusCode> StatusAsync(Uri address)
    {
        using HttpRequestMessage request = new(HttpMethod.Delete, address); // Without a key: 401 where there is a server.
        using HttpResponseMessage response = await _client.SendAsync(request);
        return response.StatusCode;
    }

    private static double At(IReadOnlyList<double> ordered, double share) => ordered[(int)(ordered.Count * share)];

    private sealed record Measured(double Milliseconds, double Ratio);
}
