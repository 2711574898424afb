using System.Net.Sockets;

namespace Sluice.Gateway;

/// <summary>
/// Notices that the other end of a connection is gone: on an idle one, and on one that does not acknowledge what is sent.
/// </summary>
internal static class TcpKeepAlive
{
    private const int IdleSeconds = 30;
    private const int IntervalSeconds = 10;
    private const int Probes = 3;
    private const int UnacknowledgedMilliseconds = 60_000;
    private const int LinuxTcpUserTimeout = 18;

    /// <summary>Sets up a socket. A peer that is gone is noticed within a minute.</summary>
    internal static void Enable(Socket socket)
    {
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, IdleSeconds);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, IntervalSeconds);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, Probes);
        if (OperatingSystem.IsLinux())
        {
            // Probes are not sent while data waits for its acknowledgement, and Linux resends data for a quarter of an hour.
            socket.SetRawSocketOption((int)SocketOptionLevel.Tcp, LinuxTcpUserTimeout, BitConverter.GetBytes(UnacknowledgedMilliseconds));
        }
    }
}
