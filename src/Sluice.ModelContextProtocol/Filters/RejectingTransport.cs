using System.Threading.Channels;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace Sluice.ModelContextProtocol;

/// <summary>Sends a JSON-RPC error in place of the result that represents it, and everything else as it is.</summary>
/// <remarks>
/// A filter outside of the limits that answers with another result after a rejection, such as one from a cache, is left alone: only
/// a result that carries the error is replaced. Thread safety: any number of threads.
/// </remarks>
/// <param name="original">The transport that the request came by; null for the only one of the session.</param>
/// <param name="server">Sends by the original transport.</param>
/// <param name="error">The error.</param>
internal sealed class RejectingTransport(ITransport? original, McpServer server, JsonRpcError error) : ITransport
{
    public string? SessionId => original?.SessionId ?? server.SessionId;

    public ChannelReader<JsonRpcMessage> MessageReader =>
        throw new NotSupportedException("The transport of a request is for sending only.");

    /// <summary>The transport that a request came by; for one that was rejected, the original one.</summary>
    internal static ITransport? Unwrap(ITransport? transport)
    {
        while (transport is RejectingTransport rejecting)
        {
            transport = rejecting.Original;
        }

        return transport;
    }

    private ITransport? Original => original;

    public Task SendMessageAsync(JsonRpcMessage message, CancellationToken cancellationToken = default)
    {
        if (message is JsonRpcResponse response && response.Id.Equals(error.Id) && SdkRejection.IsIn(response.Result))
        {
            return server.SendMessageAsync(error, cancellationToken);
        }

        if (original is not null)
        {
            return original.SendMessageAsync(message, cancellationToken);
        }

        message.Context = null; // The server sets it again, for the session's transport.
        return server.SendMessageAsync(message, cancellationToken);
    }

    public ValueTask DisposeAsync() => original?.DisposeAsync() ?? ValueTask.CompletedTask;
}
