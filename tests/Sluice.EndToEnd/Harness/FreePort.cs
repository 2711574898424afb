using System.Net;
using System.Net.Sockets;

namespace Sluice.EndToEnd.Harness;

/// <summary>Finds ports for programs that cannot be told to take any free one.</summary>
internal static class FreePort
{
    /// <summary>A port that nothing listened on a moment ago.</summary>
    public static int Next()
    {
        using TcpListener listener = new(IPAddress.Loopback, port: 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
