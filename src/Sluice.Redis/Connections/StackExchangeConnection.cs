using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace Sluice.Redis;

/// <summary>StackExchange.Redis. It carries bytes, reconnects and follows failovers; timeouts and the breaker are the store's.</summary>
internal sealed class StackExchangeConnection : IRedisConnection
{
    private readonly bool _isOwned;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _disposed = new();
    private readonly Lock _gate = new();
    private readonly Task<IConnectionMultiplexer> _multiplexer;
    private readonly UnreadAnswers _unread = new();
    private readonly ConnectionDiagnosis? _diagnosis; // Null for a client that the caller made.
    private Task? _inspection;
    private string? _reached;
    private volatile bool _isUnusable; // What the last inspection found of the server behind the connection.

    private StackExchangeConnection(
        IConnectionMultiplexer? borrowed, ConfigurationOptions? options, TimeProvider time, ILogger logger)
    {
        if (options is { Tunnel: null })
        {
            options.Tunnel = _unread;
        }

        _diagnosis = options is null ? null : new ConnectionDiagnosis(options, time);
        _time = time;
        _isOwned = borrowed is null;
        _logger = logger;

        // Connecting looks up names and blocks before its first wait.
        _multiplexer = borrowed is null ? Task.Run(() => ConnectAsync(options!)) : Task.FromResult(borrowed);
        _ = WatchAsync();
    }

    /// <inheritdoc/>
    public bool IsReady => Volatile.Read(ref _inspection) is { IsCompletedSuccessfully: true };

    /// <inheritdoc/>
    /// <remarks>It does not know connections that the store did not make, or that go through a proxy.</remarks>
    public bool HasUnread => _unread.Any;

    /// <summary>A connection of the store's own, which begins to connect at once and in the background.</summary>
    internal static StackExchangeConnection Connect(ConfigurationOptions options, TimeProvider time, ILogger logger) =>
        new(borrowed: null, options, time, logger);

    /// <summary>A connection that the caller made, and keeps.</summary>
    internal static StackExchangeConnection Borrow(IConnectionMultiplexer multiplexer, TimeProvider time, ILogger logger) =>
        new(multiplexer, options: null, time, logger);

    /// <inheritdoc/>
    public Task ReadyAsync()
    {
        lock (_gate)
        {
            // A server that cannot be used is asked again when the connection is a new one: it may have been started with other options.
            return _inspection is null || (_inspection.IsFaulted && !_isUnusable) ? Inspect() : _inspection;
        }
    }

    /// <inheritdoc/>
    public async Task RefreshAsync()
    {
        if (!_multiplexer.IsCompletedSuccessfully)
        {
            return; // It is connecting, and looks while it does.
        }

        try
        {
            await (await _multiplexer.ConfigureAwait(false)).ConfigureAsync().ConfigureAwait(false);
        }
        catch (Exception fault)
        {
            throw RedisFaults.Of(fault);
        }
    }

    /// <inheritdoc/>
    public async Task<byte[]> RunAsync(RedisScript script, string[] keys, byte[][] arguments, bool loads)
    {
        try
        {
            IConnectionMultiplexer multiplexer = await _multiplexer.ConfigureAwait(false);
            RedisKey[] redisKeys = Array.ConvertAll(keys, static key => (RedisKey)key);
            if (!_isOwned && !multiplexer.GetServer(redisKeys[0], flags: CommandFlags.DemandMaster).IsConnected)
            {
                // With the client's default backlog the call would wait, and run after its caller has timed out.
                throw new RedisFaultException(RedisFaultKind.Connection, "The multiplexer has no connection to the server of the key.");
            }

            // In the order in which they are sent; awaiting the load first would let a flush come in between more easily.
            Task load = loads ? LoadAsync(multiplexer, script) : Task.CompletedTask;
            RedisValue[] values = Array.ConvertAll(arguments, static argument => (RedisValue)argument);
            Task<RedisResult> run = multiplexer.GetDatabase().ScriptEvaluateAsync(script.Hash, redisKeys, values);
            RedisResult result;
            try
            {
                result = await run.ConfigureAwait(false);
            }
            catch (RedisServerException) when (loads)
            {
                await load.ConfigureAwait(false); // Why the script could not be loaded says more than that it is missing.
                throw;
            }

            return (byte[]?)result ?? throw new RedisFaultException(RedisFaultKind.Script, "The script answered nothing.");
        }
        catch (Exception fault) when (fault is not RedisFaultException)
        {
            throw RedisFaults.Of(fault);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _disposed.CancelAsync().ConfigureAwait(false);
        if (_multiplexer.IsCompletedSuccessfully)
        {
            IConnectionMultiplexer multiplexer = await _multiplexer.ConfigureAwait(false);
            multiplexer.ConnectionRestored -= OnRestored;
            if (_isOwned)
            {
                await multiplexer.CloseAsync(allowCommandsToComplete: false).ConfigureAwait(false);
            }
        }
    }

    // Without a server, a sentinel or a name that can be resolved it returns, too; the client then retries by itself.
    private async Task<IConnectionMultiplexer> ConnectAsync(ConfigurationOptions options)
    {
        ConnectionMultiplexer made = await ConnectionMultiplexer.ConnectAsync(options).ConfigureAwait(false);
        if (_disposed.IsCancellationRequested)
        {
            await made.CloseAsync(allowCommandsToComplete: false).ConfigureAwait(false);
        }

        _disposed.Token.ThrowIfCancellationRequested();
        return made;
    }

    /// <summary>Looks at the server when there is a connection, and whenever there is a new one.</summary>
    private async Task WatchAsync()
    {
        try
        {
            (await _multiplexer.ConfigureAwait(false)).ConnectionRestored += OnRestored;
            await ReadyAsync().ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is RedisFaultException or OperationCanceledException)
        {
            // The call that needs the connection gets the error.
        }
    }

    private void OnRestored(object? sender, ConnectionFailedEventArgs restored)
    {
        if (restored.ConnectionType == ConnectionType.Interactive)
        {
            lock (_gate)
            {
                Inspect();
            }
        }
    }

    private Task Inspect()
    {
        Task inspection = Task.Run(InspectAsync);
        Volatile.Write(ref _inspection, inspection);
        return inspection;
    }

    private async Task InspectAsync()
    {
        try
        {
            IConnectionMultiplexer multiplexer = await _multiplexer.ConfigureAwait(false);
            await RequireAnswerAsync(multiplexer).ConfigureAwait(false);
            IServer[] primaries = [.. multiplexer.GetServers().Where(server => server.IsConnected && !server.IsReplica)];
            await RequireUsableAsync(multiplexer, primaries).ConfigureAwait(false);
            string reached = ServerDescription.Of(primaries);
            if (primaries.Length > 0 && Interlocked.Exchange(ref _reached, reached) != reached)
            {
                StoreLog.Reached(_logger, reached);
            }
        }
        catch (Exception fault) when (fault is not RedisFaultException)
        {
            RedisFaultException meant = RedisFaults.Of(fault);
            throw (meant.Kind == RedisFaultKind.Connection ? _diagnosis?.Look() : null) ?? meant;
        }
    }

    private async Task RequireUsableAsync(IConnectionMultiplexer multiplexer, IServer[] primaries)
    {
        _isUnusable = false;
        try
        {
            await GarnetCheck.RequireTransactionsAsync(multiplexer, primaries, _time).ConfigureAwait(false);
        }
        catch (Exception fault)
        {
            RedisFaultException meant = fault as RedisFaultException ?? RedisFaults.Of(fault);
            _isUnusable = meant.Kind == RedisFaultKind.Refused;
            throw meant;
        }
    }

    private static async Task RequireAnswerAsync(IConnectionMultiplexer multiplexer)
    {
        try
        {
            await multiplexer.GetDatabase().PingAsync(CommandFlags.DemandMaster).ConfigureAwait(false);
        }
        catch (RedisServerException)
        {
            // The server answers; the check by the script finds the commands that it lacks.
        }
    }

    private static async Task LoadAsync(IConnectionMultiplexer multiplexer, RedisScript script) =>
        await Task.WhenAll(multiplexer.GetServers()
            .Where(server => server.IsConnected && !server.IsReplica)
            .Select(server => server.ScriptLoadAsync(script.Text))).ConfigureAwait(false);
}
