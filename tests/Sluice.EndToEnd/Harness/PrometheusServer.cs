using System.Globalization;
using System.Text.Json;

namespace Sluice.EndToEnd;

/// <summary>Debian's Prometheus, which scrapes one admin address.</summary>
internal sealed class PrometheusServer : IAsyncDisposable
{
    private readonly DirectoryInfo _folder;
    private readonly ChildProcess _process;
    private readonly HttpClient _http;

    private PrometheusServer(DirectoryInfo folder, ChildProcess process, Uri address)
    {
        _folder = folder;
        _process = process;
        _http = new HttpClient { BaseAddress = address };
    }

    /// <summary>Starts it, with the scrape settings of <c>deploy/prometheus/prometheus.yaml</c> for another target.</summary>
    internal static async Task<PrometheusServer> StartAsync(Uri target, string token)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("sluice-prometheus-");
        string source = Path.Combine(Repository.Root, "deploy", "prometheus");
        string text = await File.ReadAllTextAsync(Path.Combine(source, "prometheus.yaml"));
        text.ShouldContain("127.0.0.1:9090");
        text = "global: { scrape_interval: 1s }\n" + text.Replace("127.0.0.1:9090", target.Authority, StringComparison.Ordinal);
        string configuration = Path.Combine(folder.FullName, "prometheus.yaml");
        await File.WriteAllTextAsync(configuration, text);
        await File.WriteAllTextAsync(Path.Combine(folder.FullName, "sluice-admin-token"), token);
        File.Copy(Path.Combine(source, "alerts.yaml"), Path.Combine(folder.FullName, "alerts.yaml"));
        Uri address = new($"http://127.0.0.1:{FreePort.Next()}");
        ChildProcess process = ChildProcess.Start(
            "prometheus",
            $"--config.file={configuration}",
            $"--storage.tsdb.path={Path.Combine(folder.FullName, "data")}",
            $"--web.listen-address={address.Authority}");
        await process.WaitForLineAsync(line => line.Contains("Server is ready to receive web requests", StringComparison.Ordinal));
        return new PrometheusServer(folder, process, address);
    }

    /// <summary>The value of an expression now; not a number when it has none.</summary>
    internal async Task<double> QueryAsync(string expression)
    {
        JsonElement result = (await GetAsync($"/api/v1/query?query={Uri.EscapeDataString(expression)}")).GetProperty("result");
        return result.GetArrayLength() == 0
            ? double.NaN
            : double.Parse(result[0].GetProperty("value")[1].GetString()!, CultureInfo.InvariantCulture);
    }

    /// <summary>Waits until an expression has a value.</summary>
    internal async Task WaitAsync(string expression, double value)
    {
        double seen = double.NaN;
        await Eventually.HoldsAsync(
            async () => (seen = await QueryAsync(expression)).Equals(value), () => $"{expression} is {seen}.\n{_process.Captured()}");
    }

    /// <summary>The names of everything that is stored.</summary>
    internal async Task<string[]> NamesAsync() =>
        [.. (await GetAsync("/api/v1/label/__name__/values")).EnumerateArray().Select(name => name.GetString()!)];

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _process.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    private async Task<JsonElement> GetAsync(string path) =>
        JsonDocument.Parse(await _http.GetStringAsync(new Uri(path, UriKind.Relative))).RootElement.GetProperty("data");
}
