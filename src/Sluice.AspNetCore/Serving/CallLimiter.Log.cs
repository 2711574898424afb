using Microsoft.Extensions.Logging;

namespace Sluice.AspNetCore;

internal sealed partial class CallLimiter
{
    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Debug, "A call under the policy '{Policy}' was refused by the limit '{Limit}': retry after {RetryAfter}.", EventName = "Refused")]
        internal static partial void Refused(ILogger logger, string policy, string? limit, TimeSpan retryAfter);

        [LoggerMessage(2, LogLevel.Error, "A call under the policy '{Policy}' was refused, because its caller could not be identified.", EventName = "NotIdentified")]
        internal static partial void NotIdentified(ILogger logger, Exception exception, string policy);
    }
}
