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

        [LoggerMessage(23, LogLevel.Warning, "The server '{Server}' wrote to its standard output what is no message: {Line}")]
        internal static partial void Garbage(ILogger logger, string server, string line);

        [LoggerMessage(24, LogLevel.Warning, "{Count} lines of the server '{Server}' were left out.")]
        internal static partial void LinesDropped(ILogger logger, string server, long count);

        [LoggerMessage(25, LogLevel.Warning, "The server '{Server}' wrote a message of more than {MaxBytes} bytes, which was dropped.")]
        internal static partial void LineTooLong(ILogger logger, string server, int maxBytes);

        [LoggerMessage(26, LogLevel.Warning, "The server '{Server}' does not read: a message to it was dropped.")]
        internal static partial void NotReading(ILogger logger, string server);

        [LoggerMessage(27, LogLevel.Debug, "The server '{Server}' answered what nobody waits for.")]
        internal static partial void NobodyAsked(ILogger logger, string server);

        [LoggerMessage(28, LogLevel.Debug, "A '{Method}' of the server '{Server}' was dropped: its client takes none, or is too slow.")]
        internal static partial void NotificationLost(ILogger logger, string server, string method);
    }
}
