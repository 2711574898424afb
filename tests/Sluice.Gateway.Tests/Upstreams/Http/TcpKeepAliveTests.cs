using System.Globalization;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Sluice.Gateway.Tests;

/// <summary>How the gateway notices that the other end of a connection is gone.</summary>
public sealed class TcpKeepAliveTests
{
    private const string KeepAliveTimer = "02:"; // Source: proc(5), /proc/net/tcp: another timer than of data that is sent again.

    private static readonly string[] Tables = ["/proc/net/tcp", "/proc/net/tcp6"];

    [SkippableFact]
    public async Task Connection_OfAClientAndToAServer_HasAKeepAliveTimer()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Only Linux shows the timers of connections.");
        TaskCompletionSource answering = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using RawUpstream upstream = RawUpstream.Start(async (stream, _) =>
        {
            await answering.Task;
            await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"u8.ToArray());
        });
        await using GatewayFixture gateway = await GatewayFixture.StartAsync(upstream.Endpoint);
        Task call = gateway.SendAsync(GatewayFixture.Post("""{"jsonrpc":"2.0","id":1,"method":"tools/list"}"""));

        try
        {
            // A timer of data that is sent again shows in its place until the other side has acknowledged the data.
            await Eventually.HoldsAsync(
                () => Task.FromResult(HasTimer(local: gateway.Address.Port) && HasTimer(remote: upstream.Endpoint.Port)));
        }
        finally
        {
            answering.SetResult();
        }

        await call;
    }

    [Fact]
    public async Task Connection_OfHttp2_IsPingedSoThatAClientThatIsGoneIsNoticedWithinAMinute()
    {
        await using GatewayFixture gateway = await GatewayFixture.StartAsync(new Uri("http://127.0.0.1:1/mcp"));

        // Kestrel pings by its own clock, so only its settings can be tested in short time.
        Http2Limits limits = gateway.Options<KestrelServerOptions>().Limits.Http2;
        (limits.KeepAlivePingDelay + limits.KeepAlivePingTimeout).ShouldBeLessThanOrEqualTo(TimeSpan.FromMinutes(1));
    }

    /// <summary>Whether there is an established connection with this port, and each has the timer.</summary>
    private static bool HasTimer(int? local = null, int? remote = null)
    {
        const int Local = 1;
        const int Remote = 2;
        const int State = 3;
        const int Timer = 5;
        string[][] connections =
        [
            .. Tables
                .Where(File.Exists)
                .SelectMany(File.ReadLines)
                .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
                .Where(fields => fields[State] == "01")
                .Where(fields => (local is null || PortOf(fields[Local]) == local) && (remote is null || PortOf(fields[Remote]) == remote)),
        ];
        return connections.Length > 0 && connections.All(fields => fields[Timer].StartsWith(KeepAliveTimer, StringComparison.Ordinal));
    }

    private static int PortOf(string address) =>
        int.Parse(address[(address.LastIndexOf(':') + 1)..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}
