using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Sluice.Gateway;

/// <summary>The connections to a server.</summary>
internal static class UpstreamConnections
{
    /// <summary>
    /// How long a connection is kept that nothing uses. The pool looks once a second, so it is gone after 1.5 s: servers that
    /// close theirs after 2 s never get a request at that moment. The pool itself keeps to a shorter <c>Keep-Alive: timeout=</c>.
    /// </summary>
    private static readonly TimeSpan IdleTimeout = TimeSpan.FromSeconds(0.5);

    internal static SocketsHttpHandler Create() => new()
    {
        ActivityHeadersPropagator = null, // A traceparent is forwarded, and never created.
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        ConnectCallback = ConnectAsync,
        ConnectTimeout = TimeSpan.FromSeconds(10),
        PooledConnectionIdleTimeout = IdleTimeout,
        RequestHeaderEncodingSelector = static (_, _) => Encoding.Latin1, // Every byte of a header is forwarded as it came.
        ResponseHeaderEncodingSelector = static (_, _) => Encoding.Latin1,
        UseCookies = false,
        UseProxy = false,
    };

    private static async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        Socket socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            TcpKeepAlive.Enable(socket); // Else a stream from a machine that has gone would be held open for a day.
            await socket.ConnectAsync(context.DnsEndPoint, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
