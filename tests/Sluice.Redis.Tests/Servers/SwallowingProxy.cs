using System.Net;
using System.Net.Sockets;

namespace Sluice.Redis.Tests;

/// <summary>A way to a server that can pass bytes on, swallow them, or break off.</summary>
/// <remarks>A connection that has been swallowed once stays so, as one does of which a firewall has forgotten.</remarks>
internal sealed class SwallowingProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly Lock _gate = new();
    private readonly List<Link> _links = [];
    private readonly int _serverPort;
    private readonly Task _accepting;
    private bool _swallows;

    internal SwallowingProxy(int serverPort)
    {
        _serverPort = serverPort;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>How StackExchange.Redis is told of it.</summary>
    internal string Configuration => $"127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";

    /// <summary>From now on nothing passes, on connections that there are and on new ones; they stay open.</summary>
    internal void Swallow()
    {
        lock (_gate)
        {
            _swallows = true;
            _links.ForEach(link => link.Swallows = true);
        }
    }

    /// <summary>New connections pass bytes again.</summary>
    internal void Pass()
    {
        lock (_gate)
        {
            _swallows = false;
        }
    }

    /// <summary>Breaks all connections off.</summary>
    internal void Cut()
    {
        lock (_gate)
        {
            _links.ForEach(link => link.Dispose());
            _links.Clear();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Stop();
        await _accepting;
        Cut();
        _end.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                TcpClient client = await _listener.AcceptTcpClientAsync(_end.Token);
                TcpClient server = new();
                await server.ConnectAsync(IPAddress.Loopback, _serverPort, _end.Token);
                lock (_gate)
                {
                    Link link = new(client, server) { Swallows = _swallows };
                    _links.Add(link);
                    _ = link.CarryAsync(client, server);
                    _ = link.CarryAsync(server, client);
                }
            }
        }
        catch (OperationCanceledException) when (_end.IsCancellationRequested)
        {
            // The test is over.
        }
    }

    private sealed class Link(TcpClient client, TcpClient server) : IDisposable
    {
        private volatile bool _swallows;

        internal bool Swallows
        {
            get => _swallows;
            set => _swallows = value;
        }

        internal async Task CarryAsync(TcpClient from, TcpClient to)
        {
            byte[] buffer = new byte[16_384];
            try
            {
                while (await from.GetStream().ReadAsync(buffer) is int count and > 0)
                {
                    if (!Swallows)
                    {
                        await to.GetStream().WriteAsync(buffer.AsMemory(0, count));
                    }
                }
            }
            catch (Exception fault) when (fault is IOException or ObjectDisposedException or InvalidOperationException)
            {
                // One of the two is gone, and so is the link.
            }

            if (!Swallows)
            {
                Dispose();
            }
        }

        public void Dispose()
        {
            client.Dispose();
            server.Dispose();
        }
    }
}
