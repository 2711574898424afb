using Microsoft.Extensions.Logging;

namespace Sluice.Redis;

/// <summary>What is logged of the store's connection.</summary>
internal static partial class StoreLog
{
    [LoggerMessage(5, LogLevel.Information, "Redis is reached: {Servers}.", EventName = "StoreReached")]
    internal static partial void Reached(ILogger logger, string servers);

    [LoggerMessage(6, LogLevel.Warning, "Redis is not used yet ({Kind}: {Reason}). Until it is, 'onStoreFailure' decides.", EventName = "StoreNotReached")]
    internal static partial void NotReached(ILogger logger, RedisFaultKind kind, string reason);
}
