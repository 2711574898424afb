using Sluice.Configuration;
using Sluice.Documents;
using Sluice.Mcp;
using Yarp.ReverseProxy.Forwarder;

namespace Sluice.Gateway;

/// <summary>The configuration by which calls are served, and what servers keep from one configuration to the next.</summary>
/// <remarks>
/// <para>The host stops it after Kestrel, so that calls in flight end first.</para>
/// <para>Thread safety: any number of threads. Configurations take effect one after another.</para>
/// </remarks>
internal sealed class GatewayServers : IHostedService, IReloadTarget, IDisposable
{
    private readonly ServerParts _parts;
    private readonly DocumentClient _documents;
    private readonly ILogger<JwtAuthenticator> _keysLogger;
    private readonly Lock _applying = new();
    private readonly Lock _gate = new();
    private readonly HashSet<GatewayServer> _servers = []; // Those of earlier configurations too, until their last call ends.
    private readonly HashSet<Task> _ending = [];
    private volatile ActiveConfiguration _current;
    private volatile ReloadResult? _lastReload;

    /// <exception cref="FormatException">A key file cannot be used; the message says which and why.</exception>
    internal GatewayServers(
        GatewayConfiguration configuration,
        IRateLimitStore store,
        ICallObserver? observer,
        IHttpForwarder forwarder,
        CallDrain drain,
        IHostApplicationLifetime lifetime,
        TimeProvider time,
        ILoggerFactory loggers)
    {
        _parts = new ServerParts(store, observer, forwarder, drain, time, loggers, BeginLookup, lifetime.ApplicationStopping);
        _documents = new DocumentClient(time);
        _keysLogger = loggers.CreateLogger<JwtAuthenticator>();
        _current = Create(configuration, previous: null);
        drain.Cut.Register(EndHeld);
    }

    /// <summary>The configuration by which requests that arrive now are served.</summary>
    internal ActiveConfiguration Current => _current;

    /// <summary>What is configured now.</summary>
    public GatewayConfiguration Configuration => _current.Configuration;

    /// <summary>How many servers are in memory, those of earlier configurations that still have calls among them.</summary>
    internal int Retained
    {
        get
        {
            lock (_gate)
            {
                return _servers.Count;
            }
        }
    }

    /// <summary>The result of the last reload; null before the first.</summary>
    public ReloadResult? LastReload
    {
        get => _lastReload;
        set => _lastReload = value;
    }

    /// <summary>The servers of the current configuration.</summary>
    internal GatewayServer[] All => _current.Servers;

    /// <summary>Is raised when another configuration has become the current one.</summary>
    internal event Action<ActiveConfiguration>? Applied;

    /// <summary>Begins to look up the server of a request; <see cref="ActiveConfiguration.EndLookup"/> ends that.</summary>
    internal ActiveConfiguration BeginLookup()
    {
        while (true)
        {
            ActiveConfiguration current = _current;
            if (current.TryBeginLookup())
            {
                return current; // Otherwise another configuration has just replaced it.
            }
        }
    }

    /// <summary>Makes a configuration the current one, between two decisions. Requests in flight end under the one before.</summary>
    /// <exception cref="FormatException">A key file cannot be used; the message says which and why. Nothing has changed.</exception>
    internal void Apply(GatewayConfiguration configuration)
    {
        lock (_applying)
        {
            if (_parts.Stopping.IsCancellationRequested)
            {
                return; // A server that is started now would never be stopped.
            }

            ActiveConfiguration before = _current;
            ActiveConfiguration next = Create(configuration, before);
            StartCounters(next);
            _current = next;
            Activate(next);
            foreach (ServerLink removed in before.Servers.Select(server => server.Link).Except(next.Servers.Select(server => server.Link)))
            {
                removed.EndStreams();
            }

            before.Replaced();
            Applied?.Invoke(next);
            _ = next.Authentication.PrefetchAsync();
        }
    }

    public Task ApplyAsync(GatewayConfiguration configuration) => BackgroundThread.RunAtUsualPriorityAsync(() =>
    {
        Apply(configuration);
        return true;
    });

    public Task StartAsync(CancellationToken cancellationToken)
    {
        ReloadMetrics.Start();
        StartCounters(_current);
        Activate(_current);
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        GatewayServer[] servers;
        Task[] ending;
        lock (_gate)
        {
            servers = [.. _servers];
            ending = [.. _ending];
        }

        foreach (GatewayServer server in servers)
        {
            server.Gate.Dispose();
        }

        await Task.WhenAll(servers.Select(server => server.Link.DisposeAsync().AsTask()).Concat(ending));
    }

    public void Dispose() => _documents.Dispose();

    private ActiveConfiguration Create(GatewayConfiguration configuration, ActiveConfiguration? previous)
    {
        IssuerKeys keys = IssuerKeys.Open(
            configuration.Auth, _documents, previous?.Authentication.Keys, _parts.Time, _keysLogger); // First, since it may fail.
        StreamKeepAlive keepAlive = new(configuration.Streams.KeepAlive, _parts.Time);
        TrustedProxies proxies = new(configuration.Auth.TrustedProxy?.From ?? []);
        GatewayServer[] servers = [.. configuration.Servers.Select(server => Create(server, configuration.Version, proxies, keepAlive, previous))];
        WorkPace.Step();
        ServerPaths paths = new(servers);
        WorkPace.Step();
        GatewayAuthentication authentication = new(configuration, keys, paths, _documents, previous?.Authentication, _parts.Time);
        return new ActiveConfiguration(configuration, _parts.Time.GetUtcNow(), servers, paths, authentication);
    }

    private GatewayServer Create(
        ServerConfiguration server, string version, TrustedProxies proxies, StreamKeepAlive keepAlive, ActiveConfiguration? previous)
    {
        WorkPace.Step();
        StdioSettings settings = new(server.Upstream as CommandUpstreamConfiguration, server.Upstream as VirtualUpstreamConfiguration, server.Timeout, proxies, keepAlive);
        GatewayServer? before = previous?.Find(server.Name);
        ServerLink link = before is not null && before.Link.LeadsTo(server) && before.Link.TryEnter()
            ? before.Link
            : new ServerLink(server, settings, _parts, Ending);
        GatewayServer created = new(server, version, link, settings, keepAlive, before, _parts, Ended);
        lock (_gate)
        {
            _servers.Add(created);
        }

        return created;
    }

    private static void StartCounters(ActiveConfiguration configuration)
    {
        foreach (GatewayServer server in configuration.Servers)
        {
            server.Gate.Telemetry.StartCounters();
            WorkPace.Step();
        }
    }

    private static void Activate(ActiveConfiguration configuration)
    {
        foreach (GatewayServer server in configuration.Servers)
        {
            server.Activate();
        }
    }

    private void Ended(GatewayServer server)
    {
        lock (_gate)
        {
            _servers.Remove(server);
        }
    }

    private void Ending(Task ending)
    {
        lock (_gate)
        {
            _ending.Add(ending);
        }

        ending.ContinueWith(
            task =>
            {
                lock (_gate)
                {
                    _ending.Remove(task);
                }
            },
            CancellationToken.None,
            TaskContinuationOptions.None,
            TaskScheduler.Default);
    }

    private void EndHeld()
    {
        GatewayServer[] servers;
        lock (_gate)
        {
            servers = [.. _servers];
        }

        foreach (GatewayServer server in servers)
        {
            server.Gate.EndHeld();
        }
    }
}
