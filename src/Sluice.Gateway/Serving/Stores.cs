using Sluice.Documents;
using Sluice.Redis;

namespace Sluice.Gateway;

/// <summary>Makes the store that a configuration asks for.</summary>
internal static class Stores
{
    /// <summary>How long a start waits for Redis.</summary>
    private static readonly TimeSpan WarmUpTime = TimeSpan.FromSeconds(2);

    /// <summary>A store that is ready, as far as it can be; or null, after standard error was told why.</summary>
    /// <param name="configuration">The store.</param>
    /// <param name="recorder">Records the operations of a store in memory; or null.</param>
    /// <param name="time">The clock.</param>
    /// <param name="loggers">Makes logs.</param>
    /// <param name="cancellationToken">Stops the start.</param>
    internal static async Task<OpenStore?> OpenAsync(
        StoreConfiguration configuration,
        IStoreRecorder? recorder,
        TimeProvider time,
        ILoggerFactory loggers,
        CancellationToken cancellationToken)
    {
        IRateLimitStore store;
        try
        {
            store = Create(configuration, recorder, time, loggers);
        }
        catch (ArgumentException exception)
        {
            CommandLine.Fail($"store.redis: {exception.Message}");
            return null;
        }

        if (store is RedisStore redis)
        {
            await redis.WarmUpAsync(WarmUpTime, cancellationToken); // Without an answer the program starts all the same.
        }

        return new OpenStore(store);
    }

    private static IRateLimitStore Create(
        StoreConfiguration store, IStoreRecorder? recorder, TimeProvider time, ILoggerFactory loggers)
    {
        if (store.Redis is not string redis)
        {
            InProcessStoreOptions memory = new() { MaxKeys = store.MaxKeys };
            return recorder is null ? new InProcessStore(memory, time) : new InProcessStore(memory, time, recorder);
        }

        RedisStoreOptions options = new()
        {
            Configuration = redis,
            User = store.User,
            Password = store.Password,
            Database = store.Database,
            CertificateAuthority = store.CertificateAuthority,
            KeyPrefix = store.KeyPrefix,
            Timeout = store.Timeout,
            RememberRefusals = store.RememberRefusals,
            Layout = store.IsSpread ? RedisKeyLayout.Spread : RedisKeyLayout.Compact,
            LocalMaxKeys = store.MaxKeys,
            ExpectedReplicas = store.ExpectedReplicas,
            Shares = store.Shares is SharesConfiguration shares
                ? new RedisSharesOptions { Ttl = shares.Ttl, MinCapacity = shares.MinCapacity }
                : null,
        };
        return RedisStore.Connect(options, time, loggers);
    }
}
