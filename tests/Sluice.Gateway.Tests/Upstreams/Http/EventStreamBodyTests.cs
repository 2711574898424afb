using System.IO.Pipelines;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Sluice.Gateway.Tests;

/// <summary>Comments while an event stream is silent.</summary>
public sealed class EventStreamBodyTests : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(20);
    private readonly ManualTimeProvider _time = new();
    private readonly MemoryStream _client = new();
    private readonly RecordedLifetime _lifetime = new();
    private readonly DefaultHttpContext _context = new();

    private string Sent => Encoding.UTF8.GetString(_client.ToArray());

    public void Dispose() => _client.Dispose();

    [Fact]
    public async Task Begin_ServerIsSilent_SendsTheFirstCommentAfterASecondAndFurtherOnesAtTheInterval()
    {
        await using EventStreamBody body = Begin(_client);

        _time.Advance(TimeSpan.FromSeconds(1) - TimeSpan.FromTicks(1));
        Sent.ShouldBe("");
        _time.Advance(TimeSpan.FromTicks(1));
        Sent.ShouldBe(": keep-alive\n\n");
        _time.Advance(Interval - TimeSpan.FromTicks(1));
        Sent.ShouldBe(": keep-alive\n\n");
        _time.Advance(TimeSpan.FromTicks(1));
        Sent.ShouldBe(": keep-alive\n\n: keep-alive\n\n");
    }

    [Fact]
    public async Task Write_Event_PostponesTheNextComment()
    {
        await using EventStreamBody body = Begin(_client);
        await WriteAsync(body, "data: 1\n\n");
        _time.Advance(TimeSpan.FromSeconds(15));
        await WriteAsync(body, "data: 2\n\n");

        _time.Advance(Interval - TimeSpan.FromTicks(1));
        Sent.ShouldBe("data: 1\n\ndata: 2\n\n");
        _time.Advance(TimeSpan.FromTicks(1));
        Sent.ShouldBe("data: 1\n\ndata: 2\n\n: keep-alive\n\n");
    }

    [Theory]
    [InlineData("data: 1\n", "\n", "\n")]
    [InlineData("data: 1\r\n\r", "\n", "\r\n")]
    [InlineData("data: 1\r\n", "\r\n", "\r\n")]
    [InlineData("data: 1\r", "\r", "\r")]
    [InlineData("d", "ata: 1\n\n", "\n")]
    public async Task Comment_InTheMiddleOfAnEvent_WaitsForItsEndAndHasItsLineEnds(string first, string rest, string end)
    {
        await using EventStreamBody body = Begin(_client);
        await WriteAsync(body, first);
        _time.Advance(TimeSpan.FromMinutes(5));
        Sent.ShouldBe(first);

        await WriteAsync(body, rest);
        _time.Advance(Interval);

        Sent.ShouldBe($"{first}{rest}: keep-alive{end}{end}");
    }

    [Fact]
    public async Task Write_ByteOrderMarkAfterAComment_IsRemoved()
    {
        await using EventStreamBody body = Begin(_client);
        _time.Advance(TimeSpan.FromSeconds(1));

        await WriteAsync(body, "\uFEFFdata: 1\n\n");

        Sent.ShouldBe(": keep-alive\n\ndata: 1\n\n");
    }

    [Fact]
    public async Task Dispose_AfterIt_NothingIsSent()
    {
        EventStreamBody body = Begin(_client);
        await EventStreamBody.EndAsync(_context);

        _time.Advance(TimeSpan.FromHours(1));

        Sent.ShouldBe("");
        _lifetime.IsAborted.ShouldBeFalse();
    }

    [Fact]
    public async Task Write_ClientTakesNothing_IsAbortedAfterHalfAMinute()
    {
        Pipe full = new(new PipeOptions(pauseWriterThreshold: 1, resumeWriterThreshold: 1));
        EventStreamBody body = Begin(full.Writer.AsStream());
        Task writing = WriteAsync(body, "data: 1\n\n");

        _time.Advance(TimeSpan.FromSeconds(30) - TimeSpan.FromTicks(1));
        _lifetime.IsAborted.ShouldBeFalse();
        _time.Advance(TimeSpan.FromTicks(1));
        _lifetime.IsAborted.ShouldBeTrue();

        await full.Reader.CompleteAsync();
        await writing;
        await body.DisposeAsync();
    }

    [Fact]
    public async Task Comment_ClientTakesNothing_IsAbortedAfterHalfAMinute()
    {
        Pipe full = new(new PipeOptions(pauseWriterThreshold: 1, resumeWriterThreshold: 1));
        EventStreamBody body = Begin(full.Writer.AsStream());

        _time.Advance(TimeSpan.FromSeconds(1));
        _lifetime.IsAborted.ShouldBeFalse();
        _time.Advance(TimeSpan.FromSeconds(30));
        _lifetime.IsAborted.ShouldBeTrue();

        await full.Reader.CompleteAsync();
        await body.DisposeAsync();
    }

    [Fact]
    public void Enable_Socket_ProbesAndGivesUpWithinAMinute()
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

        TcpKeepAlive.Enable(socket);

        ((int)socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive)!).ShouldNotBe(0);
        int idle = (int)socket.GetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime)!;
        int interval = (int)socket.GetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval)!;
        int probes = (int)socket.GetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount)!;
        (idle + (interval * probes)).ShouldBeInRange(1, 60);
        if (OperatingSystem.IsLinux())
        {
            const int UserTimeout = 18; // Source: linux/tcp.h, TCP_USER_TIMEOUT, in milliseconds.
            byte[] milliseconds = new byte[sizeof(int)];
            socket.GetRawSocketOption((int)SocketOptionLevel.Tcp, UserTimeout, milliseconds);
            BitConverter.ToInt32(milliseconds).ShouldBeInRange(1, 60_000);
        }
    }

    [Theory]
    [InlineData("Content-Encoding: gzip\r\n")]
    [InlineData("Content-Length: 9\r\n")]
    public async Task Stream_ThatIsNotPlain_GetsNoComments(string header)
    {
        TaskCompletionSource ending = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using RawUpstream upstream = RawUpstream.Start(async (stream, _) =>
        {
            await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n{header}\r\n"));
            await ending.Task;
            await stream.WriteAsync("data: 1\n\n"u8.ToArray());
            stream.Socket.Shutdown(SocketShutdown.Send);
        });
        await using GatewayFixture gateway = await StartAsync(upstream.Endpoint);
        using HttpResponseMessage response = await gateway.Client.GetAsync(new Uri("/mcp", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead);

        _time.Advance(TimeSpan.FromMinutes(1));
        ending.SetResult();

        (await response.Content.ReadAsStringAsync()).ShouldBe("data: 1\n\n");
    }

    [Fact]
    public async Task Stream_OfAServerThatIsSilent_GetsCommentsThroughTheGateway()
    {
        await using FakeUpstream upstream = await FakeUpstream.StartAsync(async context =>
        {
            context.Response.ContentType = "text/event-stream";
            await context.Response.Body.FlushAsync();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        });
        await using GatewayFixture gateway = await StartAsync(upstream.Endpoint);
        using HttpResponseMessage response = await gateway.Client.GetAsync(new Uri("/mcp", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead);
        using StreamReader reader = new(await response.Content.ReadAsStreamAsync());

        Task<string?> line = reader.ReadLineAsync();
        using CancellationTokenSource patience = new(Eventually.Patience);
        while (!line.IsCompleted)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.WhenAny(line, Task.Delay(TimeSpan.FromMilliseconds(20), patience.Token));
        }

        (await line).ShouldBe(": keep-alive");
    }

    private Task<GatewayFixture> StartAsync(Uri upstream) => GatewayFixture.StartAsync(
        $$"""
        listen: http://127.0.0.1:0
        servers:
          - { name: one, upstream: "{{upstream}}" }
        """,
        _time);

    private EventStreamBody Begin(Stream client)
    {
        _context.Features.Set<IHttpRequestLifetimeFeature>(_lifetime);
        _context.Response.Body = client;
        return EventStreamBody.Begin(_context, new StreamKeepAlive(Interval, _time));
    }

    private static Task WriteAsync(EventStreamBody body, string text) => body.WriteAsync(Encoding.UTF8.GetBytes(text)).AsTask();

    private sealed class RecordedLifetime : IHttpRequestLifetimeFeature
    {
        public CancellationToken RequestAborted { get; set; }

        internal bool IsAborted { get; private set; }

        public void Abort() => IsAborted = true;
    }
}
