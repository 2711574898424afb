using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Sluice.Gateway.Tests;

public sealed class UpstreamFailureTests
{
    private const string Call = """{"jsonrpc":"2.0","id":"a7","method":"tools/call","params":{"name":"x"}}""";

    [Fact]
    public async Task Post_UpstreamRefusesTheConnection_Is502WithTheId()
    {
        await using GatewayFixture gateway = await GatewayFixture.StartAsync(new Uri($"http://127.0.0.1:{FreePort.Next()}/mcp"));

        (HttpStatusCode status, string body) = await gateway.SendAsync(GatewayFixture.Post(Call));

        status.ShouldBe(HttpStatusCode.BadGateway);
        body.ShouldBe(
            """{"jsonrpc":"2.0","id":"a7","error":{"code":-32603,"message":"The server 'one' did not answer: it refused the connection."}}""");
    }

    [Theory]
    [InlineData("", "it closed the connection without an answer")]
    [InlineData("this is not HTTP\r\n\r\n", "its answer is not valid HTTP")]
    public async Task Post_UpstreamAnswersNoHttp_Is502(string answer, string reason)
    {
        using TcpListener upstream = new(IPAddress.Loopback, 0);
        upstream.Start();
        Task serving = AnswerAsync(upstream, Task.CompletedTask, answer);
        await using GatewayFixture gateway = await GatewayFixture.StartAsync(EndpointOf(upstream));

        (HttpStatusCode status, string body) = await gateway.SendAsync(GatewayFixture.Post(Call));

        status.ShouldBe(HttpStatusCode.BadGateway);
        body.ShouldContain($"did not answer: {reason}.");
        await serving;
    }

    [Fact]
    public async Task Post_UpstreamDiesInMidStream_BreaksOffTheAnswerAndLivesOn()
    {
        TaskCompletionSource headersWereSeen = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using TcpListener upstream = new(IPAddress.Loopback, 0);
        upstream.Start();
        Task serving = AnswerAsync(
            upstream,
            headersWereSeen.Task,
            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n9\r\ndata: 1\n\n\r\n");
        await using GatewayFixture gateway = await GatewayFixture.StartAsync(EndpointOf(upstream));
        using HttpRequestMessage request = GatewayFixture.Post(Call);

        using HttpResponseMessage response = await gateway.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        headersWereSeen.SetResult();
        await Should.ThrowAsync<HttpRequestException>(() => response.Content.ReadAsStringAsync());
        await serving;
        upstream.Stop();
        (await gateway.SendAsync(GatewayFixture.Post(Call))).Status.ShouldBe(HttpStatusCode.BadGateway);
    }

    [Fact]
    public async Task Post_UpstreamNeverAnswers_Is504WithTheId()
    {
        await using FakeUpstream upstream = await FakeUpstream.StartAsync(context =>
            Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted));
        await using GatewayFixture gateway = await GatewayFixture.StartAsync(
            $$"""
            listen: http://127.0.0.1:0
            servers:
              - { name: one, upstream: "{{upstream.Endpoint}}", timeout: 1s }
            """);

        (HttpStatusCode status, string body) = await gateway.SendAsync(GatewayFixture.Post(Call));

        status.ShouldBe(HttpStatusCode.GatewayTimeout);
        body.ShouldBe(
            """{"jsonrpc":"2.0","id":"a7","error":{"code":-32603,"message":"The server 'one' did not answer: it did not begin an answer within its timeout."}}""");
    }

    [Fact]
    public async Task Post_UpstreamFails_IsNeverTriedAgain()
    {
        using TcpListener upstream = new(IPAddress.Loopback, 0);
        upstream.Start();
        int connections = 0;
        Task serving = Task.Run(async () =>
        {
            while (true)
            {
                using TcpClient client = await upstream.AcceptTcpClientAsync();
                connections++;
                await ReadRequestAsync(client);
            }
        });
        await using GatewayFixture gateway = await GatewayFixture.StartAsync(EndpointOf(upstream));

        await gateway.SendAsync(GatewayFixture.Post(Call));
        upstream.Stop();

        await Should.ThrowAsync<Exception>(serving);
        connections.ShouldBe(1);
    }

    [Fact]
    public async Task Post_UpstreamClosesAConnectionInUseAgain_IsNeverTriedAgain()
    {
        using TcpListener upstream = new(IPAddress.Loopback, 0);
        upstream.Start();
        int connections = 0;
        Task serving = Task.Run(async () =>
        {
            while (true)
            {
                using TcpClient client = await upstream.AcceptTcpClientAsync();
                connections++;
                await ReadRequestAsync(client);
                await client.GetStream().WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"u8.ToArray());
                await ReadRequestAsync(client); // It gets no answer, so it is not known whether the call has run.
            }
        });
        await using GatewayFixture gateway = await GatewayFixture.StartAsync(EndpointOf(upstream));

        (await gateway.SendAsync(GatewayFixture.Post(Call))).Status.ShouldBe(HttpStatusCode.OK);
        (await gateway.SendAsync(GatewayFixture.Post(Call))).Status.ShouldBe(HttpStatusCode.BadGateway);
        upstream.Stop();

        await Should.ThrowAsync<Exception>(serving);
        connections.ShouldBe(1);
    }

    private static async Task AnswerAsync(TcpListener upstream, Task dies, string answer)
    {
        using TcpClient client = await upstream.AcceptTcpClientAsync();
        await ReadRequestAsync(client);
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(answer));
        await dies;
    }

    // The call is the last thing on the wire, so its end is the request's.
    private static async Task ReadRequestAsync(TcpClient client)
    {
        byte[] buffer = new byte[16 * 1024];
        int length = 0;
        while (!Encoding.UTF8.GetString(buffer, 0, length).EndsWith(Call, StringComparison.Ordinal))
        {
            int read = await client.GetStream().ReadAsync(buffer.AsMemory(length));
            read.ShouldBeGreaterThan(0);
            length += read;
        }
    }

    private static Uri EndpointOf(TcpListener listener) => new($"http://{listener.LocalEndpoint}/mcp");
}
