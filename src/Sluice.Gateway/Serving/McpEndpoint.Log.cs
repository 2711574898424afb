namespace Sluice.Gateway;

internal sealed partial class McpEndpoint
{
    private static partial class Log
    {
        [LoggerMessage(2, LogLevel.Warning, "The server '{Server}' did not answer: {Reason}.")]
        internal static partial void UpstreamFailed(ILogger logger, string server, string reason);

        [LoggerMessage(3, LogLevel.Warning, "The server '{Server}' broke off in the middle of its answer: {Reason}")]
        internal static partial void UpstreamBrokeOff(ILogger logger, string server, string? reason);

        [LoggerMessage(4, LogLevel.Debug, "A client of '{Server}' left before its answer was complete.")]
        internal static partial void ClientLeft(ILogger logger, string server);

        [LoggerMessage(5, LogLevel.Debug, "A request to '{Server}' is not complete HTTP: {Reason}")]
        internal static partial void BadRequest(ILogger logger, string server, string reason);

        [LoggerMessage(EventId = 6, Message = "A request was not authenticated: {Reason}.")]
        internal static partial void Unauthenticated(ILogger logger, LogLevel level, string reason);

        [LoggerMessage(7, LogLevel.Information, "A stream from '{Server}' was not opened: {Reason}.")]
        internal static partial void StreamRefused(ILogger logger, string server, string reason);

        [LoggerMessage(8, LogLevel.Debug, "A call to '{Server}' was rejected: its caller may not use the operation.")]
        internal static partial void Forbidden(ILogger logger, string server);
    }
}
