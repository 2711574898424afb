using StackExchange.Redis;

namespace Sluice.Redis;

/// <summary>StackExchange.Redis, of which nothing is asked but to carry bytes: no timeout and no retry of its is relied on.</summary>
internal sealed class StackExchangeConnection : IRedisConnection
{
    private readonly Func<Task<IConnectionMultiplexer>>? _connect;
    private readonly Lock _gate = new();
    private Task<IConnectionMultiplexer> _multiplexer;

    private StackExchangeConnection(Func<Task<IConnectionMultiplexer>>? connect, Task<IConnectionMultiplexer> multiplexer)
    {
        _connect = connect;
        _multiplexer = multiplexer;
    }

    /// <summary>A connection of the store's own, which begins to be made at once; nobody waits for it.</summary>
    internal static StackExchangeConnection Connect(ConfigurationOptions options)
    {
        // Connecting looks up names and blocks before its first wait.
        Task<IConnectionMultiplexer> Make() => Task.Run(async () =>
        {
            ConnectionMultiplexer made = await ConnectionMultiplexer.ConnectAsync(options.Clone());
#if STACKEXCHANGE_REDIS_1
            made.PreserveAsyncOrder = false; // The order on the wire is what counts, and stays. Later releases know no other way.
#endif
            return (IConnectionMultiplexer)made;
        });
        return new StackExchangeConnection(Make, Make());
    }

    /// <summary>A connection that somebody else made, and keeps.</summary>
    internal static StackExchangeConnection Borrow(IConnectionMultiplexer multiplexer) =>
        new(connect: null, Task.FromResult(multiplexer));

    /// <inheritdoc/>
    public async Task<byte[]> RunAsync(DecisionScript script, string[] keys, byte[][] arguments)
    {
        try
        {
            IDatabase database = (await _multiplexer.ConfigureAwait(false)).GetDatabase();
            RedisKey[] redisKeys = Array.ConvertAll(keys, static key => (RedisKey)key);
            RedisResult result;
            try
            {
                RedisValue[] values = Array.ConvertAll(arguments, static argument => (RedisValue)argument);
                result = await database.ScriptEvaluateAsync(script.Hash, redisKeys, values).ConfigureAwait(false);
            }
            catch (RedisServerException fault) when (fault.Message.StartsWith("NOSCRIPT", StringComparison.Ordinal))
            {
                // The server is new, was flushed or took over. The text itself leaves the script behind there.
                result = await database.ExecuteAsync("EVAL", TextArguments(script, redisKeys, arguments)).ConfigureAwait(false);
            }

            return (byte[]?)result
                ?? throw new RedisFaultException(RedisFaultKind.Script, "The script answered nothing.", null);
        }
        catch (Exception fault) when (fault is not RedisFaultException)
        {
            throw RedisFaults.Of(fault);
        }
    }

    /// <inheritdoc/>
    public async Task ProbeAsync(string key)
    {
        try
        {
            IDatabase database = (await _multiplexer.ConfigureAwait(false)).GetDatabase();
            await database.StringSetAsync(key, "", TimeSpan.FromSeconds(1)).ConfigureAwait(false);
        }
        catch (Exception fault)
        {
            throw RedisFaults.Of(fault);
        }
    }

    /// <inheritdoc/>
    public async Task RefreshAsync()
    {
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
    public Task ReconnectAsync()
    {
        if (_connect is null)
        {
            return RefreshAsync();
        }

        Task<IConnectionMultiplexer> old;
        lock (_gate)
        {
            old = _multiplexer;
            _multiplexer = _connect();
        }

        return CloseAsync(old);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_connect is not null)
        {
            await CloseAsync(_multiplexer);
        }
    }

    private static async Task CloseAsync(Task<IConnectionMultiplexer> multiplexer)
    {
        try
        {
            await (await multiplexer.ConfigureAwait(false)).CloseAsync(allowCommandsToComplete: false).ConfigureAwait(false);
        }
        catch (Exception fault)
        {
            throw RedisFaults.Of(fault);
        }
    }

    private static object[] TextArguments(DecisionScript script, RedisKey[] keys, byte[][] arguments)
    {
        List<object> all = [script.Text, keys.Length];
        foreach (RedisKey key in keys)
        {
            all.Add(key); // As a key, and not as text: it says to which node the command goes.
        }

        all.AddRange(arguments);
        return [.. all];
    }
}
