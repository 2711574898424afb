using System.Net;
using System.Net.Sockets;

namespace Sluice.EndToEnd;

/// <summary>A port of this machine that was free a moment ago, for programs that cannot choose one themselves.</summary>
internal static class FreePort
{
    internal static int Next()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
