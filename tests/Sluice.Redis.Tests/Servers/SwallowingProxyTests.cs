using System.Net.Sockets;
using System.Text;

namespace Sluice.Redis.Tests;

public sealed class SwallowingProxyTests
{
    private static readonly byte[] Ping = "PING\r\n"u8.ToArray();

    [Fact]
    public async Task Swallow_OpenConnection_NeverPassesAgainAndNewOnesDo()
    {
        using RedisServer server = RedisServer.Start();
        await using SwallowingProxy proxy = new(server.Port);
        using TcpClient old = Connect(proxy);
        (await AskAsync(old)).ShouldBe("+PONG\r\n");

        proxy.Swallow();
        await Should.ThrowAsync<TimeoutException>(() => AskAsync(old));
        proxy.Pass();

        await Should.ThrowAsync<TimeoutException>(() => AskAsync(old));
        using TcpClient fresh = Connect(proxy);
        (await AskAsync(fresh)).ShouldBe("+PONG\r\n");
    }

    [Fact]
    public async Task Cut_OpenConnection_Ends()
    {
        using RedisServer server = RedisServer.Start();
        await using SwallowingProxy proxy = new(server.Port);
        using TcpClient client = Connect(proxy);
        (await AskAsync(client)).ShouldBe("+PONG\r\n");

        proxy.Cut();

        (await client.GetStream().ReadAsync(new byte[1]).AsTask().WaitAsync(TimeSpan.FromSeconds(10))).ShouldBe(0);
    }

    [Fact]
    public void Kill_ThenRestart_AnswersOnTheSamePortWithNothingInIt()
    {
        using RedisServer server = RedisServer.Start();
        server.Send("SET", "key", "value").ShouldBe("+OK");
        int process = server.ProcessId;

        server.Restart();

        server.ProcessId.ShouldNotBe(process);
        server.Send("GET", "key").ShouldBe("$-1");
    }

    private static TcpClient Connect(SwallowingProxy proxy) => new("127.0.0.1", int.Parse(
        proxy.Configuration.Split(':')[1], System.Globalization.CultureInfo.InvariantCulture));

    private static async Task<string> AskAsync(TcpClient client)
    {
        byte[] answer = new byte[64];
        await client.GetStream().WriteAsync(Ping);
        using CancellationTokenSource patience = new(TimeSpan.FromMilliseconds(500));
        try
        {
            return Encoding.ASCII.GetString(answer, 0, await client.GetStream().ReadAsync(answer, patience.Token));
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException("Nothing came back.");
        }
    }
}
