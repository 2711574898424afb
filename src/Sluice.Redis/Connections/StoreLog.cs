using Microsoft.Extensions.Logging;

namespace Sluice.Redis;

/// <summary>What is logged of the store's connection.</summary>
internal static partial class StoreLog
{
    [LoggerMessage(5, LogLevel.Information, "Redis is reached: {Servers}.", EventName = "StoreReached")]
    internal static partial void Reached(ILogger logger, string servers);

    [LoggerMessage(6, LogLevel.Warning, "Redis is not used yet ({Kind}: {Reason}). Until it is, 'onStoreFailure' decides.", EventName = "StoreNotReached")]
    internal static partial void NotReached(ILogger logger, RedisFaultKind kind, string reason);

    [LoggerMessage(11, LogLevel.Warning, "Redis does not answer, and this process has not reached it since it started. It does not know how many processes share the limits, so it takes each limit in full. Set 'expectedReplicas' to the number of processes.", EventName = "ProcessesUnknown")]
    internal static partial void ProcessesUnknown(ILogger logger);
}
