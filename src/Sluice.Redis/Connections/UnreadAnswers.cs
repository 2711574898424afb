using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using StackExchange.Redis;
using StackExchange.Redis.Configuration;

namespace Sluice.Redis;

/// <summary>Knows the client's sockets, to say whether answers have arrived that this process has not read yet.</summary>
/// <remarks>It changes nothing on the connections. Thread safety: any thread may ask.</remarks>
internal sealed class UnreadAnswers : Tunnel
{
    private ImmutableList<Socket> _sockets = [];

    /// <summary>Whether any connection has bytes that have not been read.</summary>
    internal bool Any
    {
        get
        {
            foreach (Socket socket in _sockets)
            {
                try
                {
                    if (socket.Available > 0)
                    {
                        return true;
                    }
                }
                catch (Exception fault) when (fault is ObjectDisposedException or SocketException)
                {
                    ImmutableInterlocked.Update(ref _sockets, static (sockets, closed) => sockets.Remove(closed), socket);
                }
            }

            return false;
        }
    }

    /// <inheritdoc/>
    public override ValueTask BeforeSocketConnectAsync(
        EndPoint endPoint, ConnectionType connectionType, Socket? socket, CancellationToken cancellationToken)
    {
        if (socket is not null && connectionType == ConnectionType.Interactive)
        {
            ImmutableInterlocked.Update(ref _sockets, static (sockets, opened) => sockets.Add(opened), socket);
        }

        return default;
    }

    /// <inheritdoc/>
    public override ValueTask<EndPoint?> GetSocketConnectEndpointAsync(EndPoint endpoint, CancellationToken cancellationToken) => new(endpoint);
}
