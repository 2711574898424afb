namespace Sluice.Gateway;

internal sealed partial class StdioProxy
{
    private static partial class Log
    {
        [LoggerMessage(41, LogLevel.Warning, "The server wrote a line to its standard output that is not a JSON-RPC message: {Line}")]
        internal static partial void Garbage(ILogger logger, string line);

        [LoggerMessage(42, LogLevel.Warning, "{Count} lines of the server were not logged.")]
        internal static partial void LinesDropped(ILogger logger, long count);

        [LoggerMessage(43, LogLevel.Warning, "The server wrote a message of more than {MaxBytes} bytes, which was dropped.")]
        internal static partial void LineTooLong(ILogger logger, int maxBytes);

        [LoggerMessage(44, LogLevel.Warning, "The connection to the client broke: {Reason}")]
        internal static partial void ClientBroke(ILogger logger, string reason);
    }
}
