using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;

namespace Sluice.Benchmarks;

/// <summary>Streams of a server as a client has them.</summary>
internal static class Events
{
    /// <summary>How long each of some events was on its way, in microseconds; all processes of a machine read one clock.</summary>
    internal static async Task<double[]> TimeAsync(Contender contender, int count)
    {
        using HttpClient http = new() { Timeout = Timeout.InfiniteTimeSpan };
        using HttpResponseMessage response = await OpenAsync(http, new Uri(contender.Endpoint, "?every=1"));
        using StreamReader reader = new(await response.Content.ReadAsStreamAsync());
        double[] micros = new double[count];
        for (int i = 0; i < count;)
        {
            string line = await reader.ReadLineAsync() ?? throw new InvalidOperationException("The stream ended.");
            if (line.StartsWith("data: ", StringComparison.Ordinal))
            {
                long sent = long.Parse(line.AsSpan(6), CultureInfo.InvariantCulture);
                micros[i++] = Stopwatch.GetElapsedTime(sent).TotalMicroseconds;
            }
        }

        return micros;
    }

    /// <summary>Resident bytes of a contender while it holds open streams on which nothing happens.</summary>
    internal static async Task<long> ResidentBytesWithOpenAsync(Contender contender, int streams)
    {
        using HttpClient http = new(new SocketsHttpHandler { MaxConnectionsPerServer = streams }) { Timeout = Timeout.InfiniteTimeSpan };
        List<HttpResponseMessage> open = [];
        try
        {
            while (open.Count < streams)
            {
                open.Add(await OpenAsync(http, contender.Endpoint));
            }

            return contender.ResidentBytes;
        }
        finally
        {
            open.ForEach(response => response.Dispose());
        }
    }

    internal static async Task<HttpResponseMessage> OpenAsync(HttpClient http, Uri endpoint)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, endpoint);
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/event-stream"));
        request.Headers.Add("X-API-Key", Contenders.Key);
        HttpResponseMessage response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        Require.That(response.IsSuccessStatusCode, $"A stream was answered {(int)response.StatusCode}.");
        return response;
    }
}
