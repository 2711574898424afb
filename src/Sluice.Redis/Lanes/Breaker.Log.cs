using Microsoft.Extensions.Logging;

namespace Sluice.Redis;

/// <content>What is logged: each transition once.</content>
internal sealed partial class Breaker
{
    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Redis is unavailable for '{Name}' ({Kind}: {Reason}). Its calls are decided without it from now on.", EventName = "StoreDown")]
        internal static partial void Opened(ILogger logger, string name, RedisFaultKind kind, string reason);

        [LoggerMessage(2, LogLevel.Warning, "Redis decides for '{Name}' again after {Outage}; {Count} calls were decided without it.", EventName = "StoreUp")]
        internal static partial void Closed(ILogger logger, string name, TimeSpan outage, long count);

        [LoggerMessage(3, LogLevel.Warning, "{Count} script runs for '{Name}' failed on wrong keys in Redis, and their calls were decided without Redis. The last: {Reason}", EventName = "KeyFault")]
        internal static partial void CallFailed(ILogger logger, string name, long count, string reason);

        [LoggerMessage(4, LogLevel.Debug, "Redis cannot decide for '{Name}' yet: {Reason}", EventName = "CheckFailed")]
        internal static partial void CheckFailed(ILogger logger, string name, string reason);
    }
}
