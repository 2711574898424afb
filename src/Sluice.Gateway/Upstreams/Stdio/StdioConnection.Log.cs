namespace Sluice.Gateway;

internal sealed partial class StdioConnection
{
    private static partial class Log
    {
        [LoggerMessage(20, LogLevel.Information, "A process of the server '{Server}' was started.")]
        internal static partial void Started(ILogger logger, string server);

        [LoggerMessage(21, LogLevel.Information, "A process of the server '{Server}' ended with exit code {ExitCode}.")]
        internal static partial void Ended(ILogger logger, string server, int exitCode);

        [LoggerMessage(22, LogLevel.Information, "The server '{Server}' says: {Line}")]
        internal static partial void StandardError(ILogger logger, string server, string line);

        [LoggerMessage(
            23, LogLevel.Warning, "The server '{Server}' wrote a line to its standard output that is not a JSON-RPC message: {Line}")]
        internal static partial void Garbage(ILogger logger, string server, string line);

        [LoggerMessage(24, LogLevel.Warning, "{Count} lines of the server '{Server}' were not logged.")]
        internal static partial void LinesDropped(ILogger logger, string server, long count);

        [LoggerMessage(25, LogLevel.Warning, "The server '{Server}' wrote a message of more than {MaxBytes} bytes, which was dropped.")]
        internal static partial void LineTooLong(ILogger logger, string server, int maxBytes);

        [LoggerMessage(26, LogLevel.Warning, "The server '{Server}' does not read its standard input: a message to it was dropped.")]
        internal static partial void NotReading(ILogger logger, string server);

        [LoggerMessage(27, LogLevel.Debug, "The server '{Server}' sent an answer whose call has ended.")]
        internal static partial void UnknownId(ILogger logger, string server);

        [LoggerMessage(
            28, LogLevel.Debug, "A '{Method}' of the server '{Server}' was dropped: its client accepts no stream, or reads too slowly.")]
        internal static partial void NotificationLost(ILogger logger, string server, string method);

        [LoggerMessage(29, LogLevel.Warning, "The server '{Server}' sent an answer without a usable id.")]
        internal static partial void UnusableId(ILogger logger, string server);
    }
}
