using System.Net;
using System.Text.Json;

namespace Sluice.Gateway.Tests.Admin;

/// <summary>The events of the admin address.</summary>
public sealed class EventStreamsTests
{
    private const string Servers = "[ { name: limited, upstream: \"http://127.0.0.1:1/mcp\", rateLimiting: { shared: 2/1d } } ]";

    [Fact]
    public async Task Events_EachSecond_TellWhatHasChanged()
    {
        ManualTimeProvider time = new();
        await using FakeUpstream upstream = await FakeUpstream.StartAsync(FakeUpstream.Json("{}"));
        await using AdminFixture admin = await AdminFixture.StartAsync(
            Servers.Replace("http://127.0.0.1:1/mcp", upstream.Endpoint.ToString(), StringComparison.Ordinal), time: time);
        await using EventReader events = await EventReader.OpenAsync(admin);
        Refused(await events.NextAsync()).ShouldBe(0);
        for (int call = 0; call < 3; call++)
        {
            await admin.CallAsync();
        }

        time.Advance(TimeSpan.FromSeconds(1));

        JsonElement tick = await events.NextAsync();
        Refused(tick).ShouldBe(1);
        tick.GetProperty("limits")[0].GetProperty("refused").GetInt64().ShouldBe(1);
        tick.GetProperty("limits")[0].TryGetProperty("history", out _).ShouldBeFalse();
        tick.GetProperty("servers")[0].GetProperty("name").GetString().ShouldBe("limited");
        tick.GetProperty("refused").GetProperty("callers")[0].GetProperty("refused").GetInt64().ShouldBe(1);
        tick.GetProperty("refused").GetProperty("omitted").GetInt64().ShouldBe(0);
        tick.GetProperty("buckets").GetProperty("complete").GetBoolean().ShouldBeTrue();
        tick.GetProperty("status").GetProperty("streams").GetProperty("open").GetInt32().ShouldBe(1);
    }

    [Fact]
    public async Task Events_MoreStreamsThanThereMayBe_AreRejectedAndCounted()
    {
        await using AdminFixture admin = await AdminFixture.StartAsync(Servers);
        List<EventReader> streams = [];
        try
        {
            for (int stream = 0; stream < EventStreams.MaxStreams; stream++)
            {
                streams.Add(await EventReader.OpenAsync(admin));
            }

            HttpResponseMessage[] rejected = await Task.WhenAll(Enumerable.Range(0, 1_000)
                .Select(_ => admin.Client.GetAsync("/api/v1/events", HttpCompletionOption.ResponseHeadersRead)));

            rejected.ShouldAllBe(response => response.StatusCode == HttpStatusCode.ServiceUnavailable);
            rejected.ShouldAllBe(response => response.Headers.RetryAfter!.Delta == TimeSpan.FromSeconds(10));
            Array.ForEach(rejected, response => response.Dispose());
            JsonElement status = await admin.JsonAsync("/api/v1/status");
            status.GetProperty("streams").GetProperty("open").GetInt32().ShouldBe(EventStreams.MaxStreams);
            status.GetProperty("streams").GetProperty("rejected").GetInt64().ShouldBe(1_000);
        }
        finally
        {
            foreach (EventReader stream in streams)
            {
                await stream.DisposeAsync();
            }
        }

        await WaitForAsync(admin, "open", 0);
        await using EventReader another = await EventReader.OpenAsync(admin);
        await another.NextAsync();
    }

    [Fact]
    public async Task Events_AThousandClientsThatDoNotRead_CallsContinueAndEveryClientIsCounted()
    {
        const int Clients = 1_000;
        const int CallsAtLeast = 500;
        string tools = string.Join(", ", Enumerable.Range(0, 250).Select(tool => $"{{ name: tool-{tool:d4}, shared: 5/1m }}"));
        ManualTimeProvider time = new();
        await using FakeUpstream upstream = await FakeUpstream.StartAsync(FakeUpstream.Json("{}"));
        await using AdminFixture admin = await AdminFixture.StartAsync(
            $"[ {{ name: limited, upstream: \"{upstream.Endpoint}\", rateLimiting: {{ shared: 1000000/1m, tools: [ {tools} ] }} }} ]", time: time);
        int calls = 0;
        async Task CallAsync()
        {
            (await admin.CallAsync()).ShouldBe("{}");
            calls++;
        }

        Task<HttpResponseMessage>[] opening =
            [.. Enumerable.Range(0, Clients).Select(_ => admin.Client.GetAsync("/api/v1/events", HttpCompletionOption.ResponseHeadersRead))];
        while (calls < CallsAtLeast || !Array.TrueForAll(opening, client => client.IsCompleted))
        {
            await CallAsync();
        }

        HttpResponseMessage[] clients = await Task.WhenAll(opening);
        clients.Count(client => client.StatusCode == HttpStatusCode.OK).ShouldBe(EventStreams.MaxStreams);
        JsonElement opened = await StreamsAsync(admin);
        opened.GetProperty("open").GetInt32().ShouldBe(EventStreams.MaxStreams);
        opened.GetProperty("rejected").GetInt64().ShouldBe(Clients - EventStreams.MaxStreams);

        // No client reads, so each connection fills up, and the client is then disconnected.
        await Eventually.HoldsAsync(async () =>
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await CallAsync();
            return (await StreamsAsync(admin)).GetProperty("dropped").GetInt64() == EventStreams.MaxStreams;
        });

        await WaitForAsync(admin, "open", 0);
        await CallAsync();
        upstream.Received.Count.ShouldBe(calls);
        (await admin.JsonAsync("/api/v1/status")).GetProperty("calls").GetProperty("allowed").GetInt64().ShouldBe(calls);
        Array.ForEach(clients, client => client.Dispose());
    }

    [Fact]
    public async Task Events_ClientThatDoesNotRead_IsDisconnectedAndCounted()
    {
        string tools = string.Join(", ", Enumerable.Range(0, 250).Select(tool => $"{{ name: tool-{tool:d4}, shared: 5/1m }}"));
        ManualTimeProvider time = new();
        await using AdminFixture admin = await AdminFixture.StartAsync(
            $"[ {{ name: limited, upstream: \"http://127.0.0.1:1/mcp\", rateLimiting: {{ tools: [ {tools} ] }} }} ]", time: time);
        await using EventReader idle = await EventReader.OpenAsync(admin); // It never reads, so its connection is full some day.
        await using EventReader live = await EventReader.OpenAsync(admin);

        while ((await StreamsAsync(admin)).GetProperty("dropped").GetInt64() == 0)
        {
            await live.NextAsync();
            time.Advance(TimeSpan.FromSeconds(1));
        }

        await WaitForAsync(admin, "open", 1);
        await live.NextAsync(); // The other one goes on.
    }

    [Fact]
    public async Task Events_GatewayStops_End()
    {
        AdminFixture admin = await AdminFixture.StartAsync(Servers);
        await using EventReader events = await EventReader.OpenAsync(admin);
        await events.NextAsync();

        await admin.DisposeAsync();

        (await events.EndsAsync()).ShouldBeTrue();
    }

    private static long Refused(JsonElement tick) => tick.GetProperty("status").GetProperty("calls").GetProperty("refused").GetInt64();

    private static async Task<JsonElement> StreamsAsync(AdminFixture admin) => (await admin.JsonAsync("/api/v1/status")).GetProperty("streams");

    private static async Task WaitForAsync(AdminFixture admin, string name, long value)
    {
        while ((await StreamsAsync(admin)).GetProperty(name).GetInt64() != value)
        {
            await Task.Yield();
        }
    }

    /// <summary>A client of the events.</summary>
    private sealed class EventReader : IAsyncDisposable
    {
        private readonly HttpResponseMessage _response;
        private readonly HttpClient _client;
        private StreamReader? _reader;

        private EventReader(HttpClient client, HttpResponseMessage response)
        {
            _client = client;
            _response = response;
        }

        internal static async Task<EventReader> OpenAsync(AdminFixture admin)
        {
            HttpClient client = new() { BaseAddress = admin.Client.BaseAddress };
            HttpResponseMessage response = await client.GetAsync("/api/v1/events", HttpCompletionOption.ResponseHeadersRead);
            response.StatusCode.ShouldBe(HttpStatusCode.OK);
            response.Content.Headers.ContentType!.MediaType.ShouldBe("text/event-stream");
            return new EventReader(client, response);
        }

        internal async Task<JsonElement> NextAsync()
        {
            _reader ??= new StreamReader(await _response.Content.ReadAsStreamAsync());
            (await _reader.ReadLineAsync()).ShouldBe("event: tick");
            string data = (await _reader.ReadLineAsync())!;
            (await _reader.ReadLineAsync()).ShouldBe("");
            data.ShouldStartWith("data: ");
            return JsonDocument.Parse(data["data: ".Length..]).RootElement;
        }

        internal async Task<bool> EndsAsync()
        {
            try
            {
                return await _reader!.ReadToEndAsync() is not null;
            }
            catch (IOException)
            {
                return true;
            }
        }

        public ValueTask DisposeAsync()
        {
            _reader?.Dispose();
            _response.Dispose();
            _client.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
