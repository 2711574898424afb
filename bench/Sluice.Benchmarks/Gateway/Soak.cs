using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;

namespace Sluice.Benchmarks;

/// <summary>
/// Mixed load for as long as asked: calls that are answered, streamed and refused, notifications, and streams that come and go.
/// Every call must get its own answer, and the gateway's memory must not grow.
/// </summary>
internal sealed class Soak : IDisposable
{
    private const int Callers = 6;
    private const double MostGrowth = 1.1;
    private static readonly TimeSpan ReportInterval = TimeSpan.FromMinutes(1);

    private readonly HttpClient _http = new(new SocketsHttpHandler { MaxConnectionsPerServer = 256 }) { Timeout = TimeSpan.FromSeconds(30) };
    private readonly Contender _gateway;
    private readonly List<string> _wrong = [];
    private long _sent;
    private long _answered;
    private long _refused;
    private long _streamed;
    private long _opened;

    private Soak(Contender gateway) => _gateway = gateway;

    /// <summary>Runs it, and says once a minute how it stands.</summary>
    /// <returns>Whether nothing was lost, wrong or growing.</returns>
    internal static async Task<bool> RunAsync(TimeSpan duration)
    {
        using Contenders contenders = await Contenders.StartAsync();
        using Soak soak = new(await contenders.StartGatewayAsync(
            "gateway",
            store: "{}",
            "{ shared: 1000000/1s, perUser: 1000000/1s, tools: [ { name: refused, perUser: 50/1s }, { name: call, perUser: 1000000/1s } ] }"));
        return await soak.PlayAsync(duration);
    }

    public void Dispose() => _http.Dispose();

    private async Task<bool> PlayAsync(TimeSpan duration)
    {
        using CancellationTokenSource stop = new();
        Task[] loops =
        [
            .. Enumerable.Range(0, Callers).Select(caller => Repeat(i => CallAsync(i * Callers + caller), stop.Token)),
            Repeat(_ => NotifyAsync(), stop.Token),
            .. Enumerable.Range(0, 2).Select(_ => Repeat(_ => HoldStreamAsync(), stop.Token)),
        ];
        long began = Stopwatch.GetTimestamp();
        List<long> resident = [];
        Console.WriteLine("elapsed     sent  answered   refused  streamed  streams held  wrong  MB resident");
        while (Stopwatch.GetElapsedTime(began) < duration && _wrong.Count == 0)
        {
            TimeSpan left = duration - Stopwatch.GetElapsedTime(began);
            await Task.Delay(left < ReportInterval ? left : ReportInterval);
            resident.Add(_gateway.ResidentBytes);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{Stopwatch.GetElapsedTime(began):hh\\:mm\\:ss} {_sent,7} {_answered,9} {_refused,9} {_streamed,9} {_opened,13} {_wrong.Count,6} {resident[^1] / 1e6,12:0.0}"));
        }

        await stop.CancelAsync();
        await Task.WhenAll(loops);
        return Judge(resident);
    }

    /// <summary>The first third is for what is allocated once; after it the last reading stands against the first.</summary>
    private bool Judge(List<long> resident)
    {
        List<long> settled = resident[(resident.Count / 3)..];
        double growth = settled.Count < 2 ? 1 : (double)settled[^1] / settled[0];
        bool isRight = _wrong.Count == 0 && _sent == _answered + _refused + _streamed && growth <= MostGrowth;
        _wrong.ForEach(Console.Error.WriteLine);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{_sent - _answered - _refused - _streamed} calls lost, {_wrong.Count} wrong, memory {growth:0.000} times that after a third: {(isRight ? "ok" : "failed")}"));
        return isRight;
    }

    private async Task Repeat(Func<long, Task> act, CancellationToken stop)
    {
        try
        {
            for (long i = 0; !stop.IsCancellationRequested; i++)
            {
                await act(i);
            }
        }
        catch (Exception exception) when (exception is HttpRequestException or InvalidOperationException or IOException or TaskCanceledException)
        {
            lock (_wrong)
            {
                _wrong.Add(exception.ToString());
            }
        }
    }

    private async Task CallAsync(long id)
    {
        string name = (id % 5) switch { 0 => "stream", 1 => "refused", _ => "call" };
        Interlocked.Increment(ref _sent);
        using HttpResponseMessage response = await PostAsync(
            $$$"""{"jsonrpc":"2.0","id":{{{id}}},"method":"tools/call","params":{"name":"{{{name}}}"}}""");
        string body = await response.Content.ReadAsStringAsync();
        Require.That(response.StatusCode == HttpStatusCode.OK, $"A call was answered {(int)response.StatusCode}: {body}");
        string[] events = [.. body.Split('\n').Where(line => line.StartsWith("data: ", StringComparison.Ordinal)).Select(line => line[6..])];
        using JsonDocument answer = JsonDocument.Parse(events.Length == 0 ? body : events[^1]);
        Require.That(answer.RootElement.GetProperty("id").GetInt64() == id, $"The call {id} got another's answer: {body}");
        bool isRejection = answer.RootElement.TryGetProperty("error", out JsonElement error);
        if (isRejection)
        {
            Require.That(error.GetProperty("code").GetInt32() == 429 && name == "refused", $"The call {id} failed: {body}");
            Interlocked.Increment(ref _refused);
            return;
        }

        Require.That(events.Length == (name == "stream" ? TrivialServer.EventsOfAStream : 0), $"The call {id} got {events.Length} events.");
        Interlocked.Increment(ref name == "stream" ? ref _streamed : ref _answered);
    }

    private async Task NotifyAsync()
    {
        using HttpResponseMessage response = await PostAsync("""{"jsonrpc":"2.0","method":"notifications/progress","params":{}}""");
        Require.That(response.StatusCode == HttpStatusCode.Accepted, $"A notification was answered {(int)response.StatusCode}.");
    }

    private async Task HoldStreamAsync()
    {
        using HttpResponseMessage response = await Events.OpenAsync(_http, new Uri(_gateway.Endpoint, "?every=20"));
        using StreamReader reader = new(await response.Content.ReadAsStreamAsync());
        for (int lines = 0; lines < 10; lines++)
        {
            Require.That(await reader.ReadLineAsync() is not null, "A stream ended.");
        }

        Interlocked.Increment(ref _opened);
    }

    private Task<HttpResponseMessage> PostAsync(string body)
    {
        HttpRequestMessage request = new(HttpMethod.Post, _gateway.Endpoint)
        {
            Content = new StringContent(body, Encoding.UTF8, "application/json"),
        };
        request.Headers.Accept.ParseAdd("application/json, text/event-stream");
        request.Headers.Add("X-API-Key", Contenders.Key);
        return _http.SendAsync(request);
    }
}
