using Microsoft.Extensions.Logging;

namespace Sluice.ModelContextProtocol;

internal sealed partial class ServerLimits
{
    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Debug, "A call to '{Server}' was refused by the limit '{Limit}': retry after {RetryAfter}.", EventName = "Refused")]
        internal static partial void Refused(ILogger logger, string server, string? limit, TimeSpan retryAfter);

        [LoggerMessage(2, LogLevel.Error, "A call to '{Server}' was refused, because its caller could not be identified.", EventName = "NotIdentified")]
        internal static partial void NotIdentified(ILogger logger, Exception exception, string server);
    }
}
