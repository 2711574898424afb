using Sluice.Configuration;
using Sluice.Redis;

namespace Sluice.Gateway;

/// <summary>Makes the store that a configuration asks for.</summary>
internal static class Stores
{
    /// <summary>A store; one that makes connections is disposed of by whoever asked for it.</summary>
    /// <exception cref="ArgumentException">Redis cannot be reached as the configuration says.</exception>
    internal static IRateLimitStore Create(StoreConfiguration store, TimeProvider time, ILoggerFactory loggers)
    {
        if (store.Redis is not string redis)
        {
            return new InProcessStore(new InProcessStoreOptions { MaxKeys = store.MaxKeys }, time);
        }

        RedisStoreOptions options = new()
        {
            Configuration = redis,
            CertificateAuthority = store.CertificateAuthority,
            KeyPrefix = store.KeyPrefix,
            Timeout = store.Timeout,
            RememberRefusals = store.RememberRefusals,
            Layout = store.IsSpread ? RedisKeyLayout.Spread : RedisKeyLayout.Compact,
            LocalMaxKeys = store.MaxKeys,
        };
        return RedisStore.Connect(options, time, loggers);
    }
}
