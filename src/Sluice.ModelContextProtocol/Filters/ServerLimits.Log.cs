using Microsoft.Extensions.Logging;

namespace Sluice.ModelContextProtocol;

internal sealed partial class ServerLimits
{
    private static partial class Log
    {
        [LoggerMessage(
            2, LogLevel.Error,
            "A call to '{Server}' was rejected, because its caller could not be identified.", EventName = "NotIdentified")]
        internal static partial void NotIdentified(ILogger logger, Exception exception, string server);
    }
}
