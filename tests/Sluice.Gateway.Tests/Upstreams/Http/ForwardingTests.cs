using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Sluice.Gateway.Tests;

public sealed class ForwardingTests
{
    private const string Call =
        """{ "jsonrpc":"2.0", "id":1,  "method":"tools/call","params":{"arguments":{"a":1,"a":2},"name":"x"}}""";

    [Fact]
    public async Task Post_Message_ReachesTheUpstreamByteForByte()
    {
        await using FakeUpstream upstream = await FakeUpstream.StartAsync(FakeUpstream.Json("{}"));
        await using GatewayFixture gateway = await GatewayFixture.StartAsync(upstream.Endpoint);

        await gateway.SendAsync(GatewayFixture.Post(Call, "/one/mcp?a=b%20c"));

        (IHeaderDictionary headers, string method, string query, byte[] body) = upstream.Received.Single();
        Encoding.UTF8.GetString(body).ShouldBe(Call);
        method.ShouldBe("POST");
        query.ShouldBe("?a=b%20c");
        headers.ContentType.ToString().ShouldBe("application/json; charset=utf-8");
        headers.ContentLength.ShouldBe(body.Length);
        headers.Accept.ToString().ShouldBe("application/json, text/event-stream");
        headers.Host.ToString().ShouldBe(upstream.Endpoint.Authority);
    }

    [Fact]
    public async Task Post_Headers_TravelOnExceptThoseOfTheConnection()
    {
        await using FakeUpstream upstream = await FakeUpstream.StartAsync(async context =>
        {
            context.Response.Headers.Append("Set-Cookie", "a=1");
            context.Response.Headers.Append("Set-Cookie", "b=2");
            context.Response.Headers["Mcp-Session-Id"] = "s";
            context.Response.Headers["X-Odd"] = "caf\u00e9 \u6c34";
            context.Response.Headers["Keep-Alive"] = "timeout=5";
            context.Response.Headers.Connection = "X-Named";
            context.Response.Headers["X-Named"] = "1";
            await context.Response.WriteAsync("x");
        });
        await using GatewayFixture gateway = await GatewayFixture.StartAsync(upstream.Endpoint);
        using HttpRequestMessage request = GatewayFixture.Post(Call);
        request.Headers.Add("Mcp-Session-Id", "s");
        request.Headers.TryAddWithoutValidation("Mcp-Name", "\u6c34");
        request.Headers.Add("X-Hop", "1");
        request.Headers.Add("Connection", "X-Hop");
        request.Headers.Add("TE", "trailers");
        request.Headers.Add("Expect", "100-continue");
        request.Headers.Add("Authorization", "Bearer token-of-the-upstream");

        using HttpResponseMessage response = await gateway.Client.SendAsync(request);

        IHeaderDictionary seen = upstream.Received.Single().Headers;
        seen["Mcp-Session-Id"].ToString().ShouldBe("s");
        seen["Mcp-Name"].ToString().ShouldBe("\u6c34");
        seen.Authorization.ToString().ShouldBe("Bearer token-of-the-upstream");
        seen.ShouldNotContainKey("X-Hop");
        seen.ShouldNotContainKey("TE");
        seen.ShouldNotContainKey("Expect");
        response.Headers.GetValues("Set-Cookie").ShouldBe(["a=1", "b=2"]);
        response.Headers.GetValues("Mcp-Session-Id").ShouldBe(["s"]);
        response.Headers.GetValues("X-Odd").ShouldBe(["caf\u00e9 \u6c34"]);
        response.Headers.Contains("Keep-Alive").ShouldBeFalse();
        response.Headers.Contains("X-Named").ShouldBeFalse();
    }

    [Theory]
    [InlineData("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")]
    [InlineData("tracestate", "vendor=1")]
    [InlineData("baggage", "a=1")]
    [InlineData("Request-Id", "|a.b")]
    public async Task Post_TracingHeader_IsForwardedAndNeverMadeUp(string name, string value)
    {
        using Activity around = new Activity("around").SetIdFormat(ActivityIdFormat.W3C).Start();
        using ActivityListener listener = new()
        {
            ShouldListenTo = _ => true,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
        };
        ActivitySource.AddActivityListener(listener);
        await using FakeUpstream upstream = await FakeUpstream.StartAsync(FakeUpstream.Json("{}"));
        await using GatewayFixture gateway = await GatewayFixture.StartAsync(upstream.Endpoint);
        string call = $"POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: {Call.Length}\r\n";

        await SpeakAsync(gateway, $"{call}{name}: {value}\r\n\r\n{Call}");
        await SpeakAsync(gateway, $"{call}\r\n{Call}");

        (IHeaderDictionary Headers, string, string, byte[])[] received = [.. upstream.Received];
        received[0].Headers[name].ToString().ShouldBe(value);
        received[1].Headers.ShouldNotContainKey(name);
    }

    [Fact]
    public async Task Get_WithABody_ForwardsNoBody()
    {
        await using FakeUpstream upstream = await FakeUpstream.StartAsync(FakeUpstream.Json("{}"));
        await using GatewayFixture gateway = await GatewayFixture.StartAsync(upstream.Endpoint);
        using HttpRequestMessage request = new(HttpMethod.Get, "/mcp") { Content = new StringContent(Call, Encoding.UTF8, "application/json") };

        (await gateway.SendAsync(request)).ShouldBe((HttpStatusCode.OK, "{}"));

        (IHeaderDictionary headers, _, _, byte[] body) = upstream.Received.Single();
        body.ShouldBeEmpty();
        headers.ShouldNotContainKey("Content-Type");
        headers.ShouldNotContainKey("Content-Length");
    }

    [Fact]
    public async Task Get_ThatAsksForAnotherProtocol_OpensNoTunnel()
    {
        await using FakeUpstream upstream = await FakeUpstream.StartAsync(FakeUpstream.Json("{}"));
        await using GatewayFixture gateway = await GatewayFixture.StartAsync(upstream.Endpoint);

        string answer = await SpeakAsync(
            gateway,
            "GET /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\n"
            + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");

        answer.ShouldStartWith("HTTP/1.1 200 OK");
        upstream.Received.Single().Headers.ShouldNotContainKey("Upgrade");
    }

    [Theory]
    [InlineData(302)]
    [InlineData(404)]
    [InlineData(500)]
    public async Task Post_StatusOfTheUpstream_IsPassedOn(int status)
    {
        await using FakeUpstream upstream = await FakeUpstream.StartAsync(context =>
        {
            context.Response.StatusCode = status;
            context.Response.Headers.Location = "/elsewhere";
            return context.Response.WriteAsync("as it came");
        });
        await using GatewayFixture gateway = await GatewayFixture.StartAsync(upstream.Endpoint);

        (HttpStatusCode seen, string body) = await gateway.SendAsync(GatewayFixture.Post(Call));

        ((int)seen).ShouldBe(status);
        body.ShouldBe("as it came");
        upstream.Received.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Post_CompressedAnswer_ArrivesAsItWasSent()
    {
        byte[] compressed = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 1, 2, 3]; // Whether it can be unpacked is the client's business.
        await using FakeUpstream upstream = await FakeUpstream.StartAsync(async context =>
        {
            context.Response.Headers.ContentEncoding = "gzip";
            await context.Response.Body.WriteAsync(compressed);
        });
        await using GatewayFixture gateway = await GatewayFixture.StartAsync(upstream.Endpoint);

        using HttpResponseMessage response = await gateway.Client.SendAsync(GatewayFixture.Post(Call));

        (await response.Content.ReadAsByteArrayAsync()).ShouldBe(compressed);
        response.Content.Headers.ContentEncoding.ShouldBe(["gzip"]);
        upstream.Received.Single().Headers.AcceptEncoding.ShouldBeEmpty();
    }

    [Fact]
    public async Task Post_CookieOfAnotherAnswer_IsNotSentOn()
    {
        await using FakeUpstream upstream = await FakeUpstream.StartAsync(context =>
        {
            context.Response.Headers.SetCookie = "session=of-somebody-else; Path=/";
            return context.Response.WriteAsync("{}");
        });
        await using GatewayFixture gateway = await GatewayFixture.StartAsync(upstream.Endpoint);

        await gateway.SendAsync(GatewayFixture.Post(Call));
        await gateway.SendAsync(GatewayFixture.Post(Call));

        upstream.Received.Count.ShouldBe(2);
        upstream.Received.ShouldAllBe(request => request.Headers.Cookie.Count == 0);
    }

    [Fact]
    public async Task Connection_IdleForLongerThanServersKeepThem_IsNotUsedAgain()
    {
        List<string> connections = [];
        await using FakeUpstream upstream = await FakeUpstream.StartAsync(context =>
        {
            connections.Add(context.Connection.Id);
            return context.Response.WriteAsync("{}");
        });
        await using GatewayFixture gateway = await GatewayFixture.StartAsync(upstream.Endpoint);

        await gateway.SendAsync(GatewayFixture.Post(Call));
        await Eventually.HoldsAsync(async () =>
        {
            await gateway.SendAsync(GatewayFixture.Post(Call));
            return connections[^1] == connections[^2]; // Unless this machine was busy for as long as a connection is kept.
        });
        string used = connections[^1];
        await Task.Delay(TimeSpan.FromSeconds(2.9)); // The connections of .NET know no clock but the system's.
        await gateway.SendAsync(GatewayFixture.Post(Call));

        connections[^1].ShouldNotBe(used);
    }

    [Theory]
    [InlineData("application/json;")]
    [InlineData("application/json; charset=utf8")]
    public async Task Post_MediaTypeInAnotherSpelling_IsForwarded(string contentType)
    {
        await using FakeUpstream upstream = await FakeUpstream.StartAsync(FakeUpstream.Json("the answer"));
        await using GatewayFixture gateway = await GatewayFixture.StartAsync(upstream.Endpoint);
        HttpRequestMessage request = GatewayFixture.Post(Call);
        request.Content!.Headers.Remove("Content-Type");
        request.Content.Headers.TryAddWithoutValidation("Content-Type", contentType);

        (await gateway.SendAsync(request)).ShouldBe((HttpStatusCode.OK, "the answer"));
    }

    [Fact]
    public async Task Connection_WhoseServerKeepsItForASecond_IsNotUsedAgain()
    {
        await using RawUpstream upstream = RawUpstream.Start("HTTP/1.1 200 OK\r\nKeep-Alive: timeout=1\r\nContent-Length: 2\r\n\r\n{}");
        await using GatewayFixture gateway = await GatewayFixture.StartAsync(upstream.Endpoint);

        await gateway.SendAsync(GatewayFixture.Post(Call));
        await gateway.SendAsync(GatewayFixture.Post(Call));

        upstream.Connections.ShouldBe(2);
    }

    [Fact]
    public async Task Stop_WithACallUnderWay_WaitsForItsAnswer()
    {
        TaskCompletionSource arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource answering = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using FakeUpstream upstream = await FakeUpstream.StartAsync(async context =>
        {
            arrived.SetResult();
            await answering.Task;
            await context.Response.WriteAsync("the answer");
        });
        await using GatewayFixture gateway = await GatewayFixture.StartAsync(upstream.Endpoint);
        Task<(HttpStatusCode Status, string Body)> call = gateway.SendAsync(GatewayFixture.Post(Call));
        await arrived.Task;

        Task stopped = gateway.StopAsync();
        stopped.IsCompleted.ShouldBeFalse();
        answering.SetResult();

        (await call).ShouldBe((HttpStatusCode.OK, "the answer"));
        await stopped;
    }

    [Fact]
    public async Task Post_StreamedAnswer_ArrivesEventByEvent()
    {
        TaskCompletionSource firstWasSeen = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using FakeUpstream upstream = await FakeUpstream.StartAsync(async context =>
        {
            context.Response.ContentType = "text/event-stream";
            await context.Response.WriteAsync("data: 1\n\n");
            await context.Response.Body.FlushAsync();
            await firstWasSeen.Task; // The second event exists only once the first has arrived.
            await context.Response.WriteAsync("data: 2\n\n");
        });
        await using GatewayFixture gateway = await GatewayFixture.StartAsync(upstream.Endpoint);
        using HttpRequestMessage request = GatewayFixture.Post(Call);

        using HttpResponseMessage response = await gateway.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        using StreamReader reader = new(await response.Content.ReadAsStreamAsync());
        string? first = await reader.ReadLineAsync();
        firstWasSeen.SetResult();
        string rest = await reader.ReadToEndAsync();

        first.ShouldBe("data: 1");
        rest.ShouldBe("\ndata: 2\n\n");
        response.Headers.GetValues("X-Accel-Buffering").ShouldBe(["no"]);
    }

    [Fact]
    public async Task Get_ServersStream_PassesBothWaysAndEndsWhenTheGatewayStops()
    {
        await using FakeUpstream upstream = await FakeUpstream.StartAsync(async context =>
        {
            context.Response.ContentType = "text/event-stream";
            await context.Response.WriteAsync("data: hello\n\n");
            await context.Response.Body.FlushAsync();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        });
        await using GatewayFixture gateway = await GatewayFixture.StartAsync(upstream.Endpoint);
        using HttpResponseMessage response = await gateway.Client.GetAsync(
            new Uri("/mcp", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead);
        using StreamReader reader = new(await response.Content.ReadAsStreamAsync());
        (await reader.ReadLineAsync()).ShouldBe("data: hello");

        Task stopped = gateway.StopAsync();

        (await reader.ReadToEndAsync()).ShouldBe("\n");
        await stopped;
    }

    [Fact]
    public async Task Post_ClientLeaves_AbortsTheUpstream()
    {
        TaskCompletionSource arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource aborted = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using FakeUpstream upstream = await FakeUpstream.StartAsync(async context =>
        {
            context.RequestAborted.Register(aborted.SetResult);
            arrived.SetResult();
            await aborted.Task;
        });
        await using GatewayFixture gateway = await GatewayFixture.StartAsync(upstream.Endpoint);
        using CancellationTokenSource leaving = new();
        Task call = gateway.Client.SendAsync(GatewayFixture.Post(Call), leaving.Token);
        await arrived.Task;

        await leaving.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(call);
        await aborted.Task.WaitAsync(Eventually.Patience);
    }

    private static async Task<string> SpeakAsync(GatewayFixture gateway, string text)
    {
        using TcpClient client = new();
        await client.ConnectAsync(IPAddress.Loopback, gateway.Address.Port);
        await client.GetStream().WriteAsync(Encoding.Latin1.GetBytes(text));
        using StreamReader reader = new(client.GetStream(), Encoding.Latin1);
        return await reader.ReadToEndAsync();
    }

    [Fact]
    public async Task Request_ConfiguredHeaders_ReachTheServerInPlaceOfTheClients()
    {
        await using FakeUpstream upstream = await FakeUpstream.StartAsync(FakeUpstream.Json("{}"));
        await using GatewayFixture gateway = await GatewayFixture.StartAsync(
            $$"""
            listen: http://127.0.0.1:0
            servers:
              - name: one
                upstream: "{{upstream.Endpoint}}"
                headers: { Authorization: "Bearer of-the-gateway", X-Team: blue }
            """);
        HttpRequestMessage request = GatewayFixture.Post("""{"jsonrpc":"2.0","id":1,"method":"tools/list"}""");
        request.Headers.Add("Authorization", "Bearer of-the-client");

        await gateway.SendAsync(request);

        IHeaderDictionary seen = upstream.Received.Single().Headers;
        seen.Authorization.ToString().ShouldBe("Bearer of-the-gateway");
        seen["X-Team"].ToString().ShouldBe("blue");
    }

    [Fact]
    public async Task Paths_SeveralServers_EachHasItsOwn()
    {
        await using FakeUpstream one = await FakeUpstream.StartAsync(FakeUpstream.Json("\"one\""));
        await using FakeUpstream two = await FakeUpstream.StartAsync(FakeUpstream.Json("\"two\""));
        await using GatewayFixture gateway = await GatewayFixture.StartAsync(
            $$"""
            listen: http://127.0.0.1:0
            servers:
              - { name: one, upstream: "{{one.Endpoint}}" }
              - { name: two, upstream: "{{two.Endpoint}}", path: /second }
            """);

        (await gateway.SendAsync(GatewayFixture.Post(Call, "/one/mcp"))).Body.ShouldBe("\"one\"");
        (await gateway.SendAsync(GatewayFixture.Post(Call, "/second"))).Body.ShouldBe("\"two\"");
        (await gateway.SendAsync(GatewayFixture.Post(Call, "/second/"))).Body.ShouldBe("\"two\"");
        (await gateway.SendAsync(GatewayFixture.Post(Call, "/mcp"))).Status.ShouldBe(HttpStatusCode.NotFound);
        (await gateway.SendAsync(GatewayFixture.Post(Call, "/two/mcp"))).Status.ShouldBe(HttpStatusCode.NotFound);
    }
}
