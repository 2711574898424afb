using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Sluice.Gateway.Tests;

/// <summary>A call whose header lines are exactly what a test writes: clients join those that stand twice.</summary>
internal static class RawRequest
{
    /// <summary>The whole response as text.</summary>
    internal static async Task<string> PostAsync(Uri gateway, IPAddress from, string body, params string[] headerLines)
    {
        using Socket socket = new(SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(from, 0));
        await socket.ConnectAsync(IPAddress.Loopback, gateway.Port);
        await using NetworkStream stream = new(socket);
        string[] lines =
        [
            "POST /mcp HTTP/1.1", $"Host: {gateway.Authority}", "Content-Type: application/json", "Connection: close",
            $"Content-Length: {Encoding.UTF8.GetByteCount(body)}", .. headerLines, "", body,
        ];
        await stream.WriteAsync(Encoding.Latin1.GetBytes(string.Join("\r\n", lines)));
        using StreamReader reader = new(stream, Encoding.UTF8);
        return await reader.ReadToEndAsync();
    }
}
