using System.Net;
using System.Net.Sockets;

namespace Sluice.Benchmarks;

/// <summary>Ports of the loopback address.</summary>
internal static class FreePort
{
    /// <summary>A port on which no program listens at this moment.</summary>
    internal static int Find()
    {
        using TcpListener probe = new(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }

    /// <summary>Whether a program listens.</summary>
    internal static async Task<bool> IsTakenAsync(int port)
    {
        using TcpClient client = new();
        try
        {
            await client.ConnectAsync(IPAddress.Loopback, port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
