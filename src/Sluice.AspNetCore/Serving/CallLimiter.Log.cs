using Microsoft.Extensions.Logging;

namespace Sluice.AspNetCore;

internal sealed partial class CallLimiter
{
    private static partial class Log
    {
        [LoggerMessage(
            2, LogLevel.Error,
            "A call under the policy '{Policy}' was rejected, because its caller could not be identified.", EventName = "NotIdentified")]
        internal static partial void NotIdentified(ILogger logger, Exception exception, string policy);
    }
}
