using Sluice.Documents;

namespace Sluice.Gateway;

/// <summary>
/// The link to one server, with its connections, processes and sessions: kept for as long as configurations name the same target.
/// </summary>
/// <remarks>
/// <para>
/// It ends when no configuration uses it any more and its last call has ended. Long streams have no end of their own, so they are ended
/// when the current configuration no longer names it.
/// </para>
/// <para>Thread safety: any number of threads.</para>
/// </remarks>
internal sealed class ServerLink : IAsyncDisposable
{
    private const int Reached = 1;
    private const int NotReached = 2;

    private readonly ServerParts _parts;
    private readonly ServerConfiguration _target;
    private readonly HttpMessageInvoker? _connections;
    private readonly StdioUpstream? _processes;
    private readonly VirtualUpstream? _virtual;
    private readonly CancellationTokenSource _streamsEnd;
    private readonly UseCount _uses;
    private readonly Action<Task> _onEnding;
    private int _isObserved;
    private volatile int _reached;
    private int _isDisposed;

    /// <param name="target">The server, as the first configuration that names the target has it.</param>
    /// <param name="settings">The settings of a command.</param>
    /// <param name="parts">What all servers use.</param>
    /// <param name="onEnding">Called when it ends, which takes time.</param>
    internal ServerLink(ServerConfiguration target, StdioSettings settings, ServerParts parts, Action<Task> onEnding)
    {
        _target = target;
        _parts = parts;
        _onEnding = onEnding;
        _uses = new UseCount(End);
        _streamsEnd = CancellationTokenSource.CreateLinkedTokenSource(parts.Stopping);
        StreamsEnd = _streamsEnd.Token;
        Proxy = new ProxyTelemetry(target.Name, parts.Time);
        switch (target.Upstream)
        {
            case HttpUpstreamConfiguration:
                _connections = HttpUpstream.Connect(parts.Time);
                break;
            case CommandUpstreamConfiguration command:
                _processes = new StdioUpstream(
                    target.Name, command, settings, parts.Drain, parts.Time, parts.Loggers.CreateLogger<StdioUpstream>());
                break;
            case VirtualUpstreamConfiguration upstream:
                _virtual = new VirtualUpstream(target.Name, upstream, settings, parts);
                break;
            default:
                throw new ArgumentException($"{target.Upstream.GetType()} is an unknown type of upstream.", nameof(target));
        }
    }

    /// <summary>The web pages that the server allows itself.</summary>
    internal ServerOrigins Origins { get; } = new();

    /// <summary>Measures the requests that are forwarded.</summary>
    internal ProxyTelemetry Proxy { get; }

    /// <summary>Whether the last request reached it; null before the first.</summary>
    internal bool? IsReachable => _reached switch { Reached => true, NotReached => false, _ => null };

    /// <summary>Is cancelled when long streams are to end: the gateway stops, or the server is no longer configured.</summary>
    internal CancellationToken StreamsEnd { get; }

    /// <summary>Whether a configured server is this one: it has the same name and target, whatever its limits and bounds.</summary>
    internal bool LeadsTo(ServerConfiguration server) => server.Name == _target.Name && (server.Upstream, _target.Upstream) switch
    {
        (HttpUpstreamConfiguration after, HttpUpstreamConfiguration before) => after.Address == before.Address,
        (CommandUpstreamConfiguration after, CommandUpstreamConfiguration before) =>
            after.Command == before.Command
            && after.WorkingDirectory == before.WorkingDirectory
            && after.Instances == before.Instances
            && after.Arguments.SequenceEqual(before.Arguments)
            && after.Environment.SequenceEqual(before.Environment),
        (VirtualUpstreamConfiguration after, VirtualUpstreamConfiguration before) => after.LeadsTo(before),
        _ => false,
    };

    /// <summary>Records the result of a request.</summary>
    /// <param name="failure">Null, or why it was not answered.</param>
    internal void Note(UpstreamFailure? failure)
    {
        // A virtual server is always there: each of its backends has a link of its own.
        int reached = _virtual is not null || failure is null or { CanHaveRun: true } ? Reached : NotReached;
        if (_reached != reached)
        {
            _reached = reached;
        }
    }

    /// <summary>Begins the use by one more configuration.</summary>
    /// <returns>False when it has ended.</returns>
    internal bool TryEnter() => _uses.TryEnter();

    /// <summary>Ends the use by a configuration whose calls have ended.</summary>
    internal void Leave() => _uses.Leave();

    /// <summary>What forwards calls under one configuration.</summary>
    internal IUpstream UpstreamFor(ServerConfiguration server, StreamKeepAlive keepAlive) => _processes ?? _virtual ?? (IUpstream)new HttpUpstream(
        server.Name,
        ((HttpUpstreamConfiguration)server.Upstream).Address,
        server.Timeout,
        _parts.Forwarder,
        _connections!,
        keepAlive,
        _parts.Loggers.CreateLogger<HttpUpstream>());

    /// <summary>Takes the settings of a configuration that has become the current one.</summary>
    internal void Activate(StdioSettings settings)
    {
        _processes?.Configure(settings);
        _virtual?.Configure(settings);
        if (Interlocked.Exchange(ref _isObserved, 1) == 0)
        {
            ObservedServers.Add(Proxy.Active);
        }
    }

    /// <summary>Ends long streams, because the current configuration no longer names the server.</summary>
    internal void EndStreams() => _streamsEnd.Cancel();

    /// <summary>Ends everything now: connections, processes and sessions.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) == 0)
        {
            ObservedServers.Remove(Proxy.Active);
            _connections?.Dispose();
            _streamsEnd.Dispose();
            if (_processes is not null)
            {
                await _processes.DisposeAsync();
            }

            if (_virtual is not null)
            {
                await _virtual.DisposeAsync();
            }
        }
    }

    private void End() => _onEnding(DisposeAsync().AsTask());
}
