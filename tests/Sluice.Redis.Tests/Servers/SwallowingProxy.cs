using System.Net;
using System.Net.Sockets;

namespace Sluice.Redis.Tests;

/// <summary>Passes bytes between clients and a server; from a moment on those of the connections that exist vanish.</summary>
internal sealed class SwallowingProxy : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly List<Link> _links = [];
    private readonly int _target;
    private readonly Lock _gate = new();

    internal SwallowingProxy(int target)
    {
        _target = target;
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _ = AcceptAsync();
    }

    /// <summary>Where clients connect.</summary>
    internal int Port { get; }

    /// <summary>From now on nothing that is sent over the connections that exist arrives, and none of them ends.</summary>
    internal void SwallowEstablished()
    {
        lock (_gate)
        {
            _links.ForEach(link => link.IsDumb = true);
        }
    }

    public void Dispose()
    {
        _listener.Stop();
        lock (_gate)
        {
            _links.ForEach(link => link.Dispose());
        }
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                TcpClient client = await _listener.AcceptTcpClientAsync();
                TcpClient server = new("127.0.0.1", _target);
                Link link = new(client, server);
                lock (_gate)
                {
                    _links.Add(link);
                }

                link.Start();
            }
        }
        catch (Exception fault) when (fault is SocketException or ObjectDisposedException)
        {
            // The proxy was closed.
        }
    }

    private sealed class Link(TcpClient client, TcpClient server) : IDisposable
    {
        internal volatile bool IsDumb;

        internal void Start()
        {
            _ = PumpAsync(client.GetStream(), server.GetStream());
            _ = PumpAsync(server.GetStream(), client.GetStream());
        }

        public void Dispose()
        {
            client.Dispose();
            server.Dispose();
        }

        private async Task PumpAsync(NetworkStream from, NetworkStream to)
        {
            byte[] buffer = new byte[16_384];
            try
            {
                while (await from.ReadAsync(buffer) is int count and > 0)
                {
                    if (!IsDumb)
                    {
                        await to.WriteAsync(buffer.AsMemory(0, count));
                    }
                }
            }
            catch (Exception fault) when (fault is IOException or ObjectDisposedException)
            {
                // One side has closed its end.
            }
        }
    }
}
