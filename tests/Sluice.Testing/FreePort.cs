using System.Net;
using System.Net.Sockets;

namespace Sluice.Testing;

/// <summary>Ports of the loopback address for programs that cannot choose one themselves, and ports on which nothing listens.</summary>
/// <remarks>
/// <para>
/// A port that was free when a test looked may be taken when its program listens. So these ports are below those that Linux gives to
/// connections (from 32768 on), and a port is claimed until the process of the tests ends: its UDP port of the same number is bound. Test
/// projects that run side by side see the claim, and never get the same port.
/// </para>
/// <para>A port that a test no longer uses is not given to another one: a client that still looks for the first server would find the second.</para>
/// </remarks>
public static class FreePort
{
    /// <summary>The distance to a second port that is free as well. A node of a Redis cluster listens there for the other nodes.</summary>
    public const int ToClusterPort = 10_000;

    private const int First = 12_000;
    private const int Count = 10_000; // So that the second port is below 32768, too.
    private static readonly Lock Gate = new();
    private static readonly List<Socket> Claims = [];
    private static int _at = Random.Shared.Next(Count);

    /// <summary>The next one.</summary>
    /// <exception cref="InvalidOperationException">All are taken.</exception>
    public static int Next()
    {
        lock (Gate)
        {
            for (int tried = 0; tried < Count; tried++)
            {
                int port = First + _at;
                _at = (_at + 1) % Count;
                if (TryBind(SocketType.Dgram, ProtocolType.Udp, port) is not Socket claim)
                {
                    continue;
                }

                if (IsFree(port) && IsFree(port + ToClusterPort))
                {
                    Claims.Add(claim);
                    return port;
                }

                claim.Dispose();
            }
        }

        throw new InvalidOperationException($"No port from {First} to {First + Count - 1} of the loopback address is free.");
    }

    private static bool IsFree(int port)
    {
        using Socket? probe = TryBind(SocketType.Stream, ProtocolType.Tcp, port);
        return probe is not null;
    }

    private static Socket? TryBind(SocketType type, ProtocolType protocol, int port)
    {
        Socket socket = new(AddressFamily.InterNetwork, type, protocol);
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
            return socket;
        }
        catch (SocketException)
        {
            socket.Dispose();
            return null;
        }
    }
}
