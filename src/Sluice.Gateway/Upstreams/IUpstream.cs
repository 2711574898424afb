using Sluice.Mcp;

namespace Sluice.Gateway;

/// <summary>The connection to one MCP server, of any kind: an address, or a process that the gateway starts.</summary>
/// <remarks>Thread safety: any number of requests at a time.</remarks>
internal interface IUpstream
{
    /// <summary>Sends a request on and the answer back.</summary>
    /// <param name="context">The request, whose body has been read.</param>
    /// <param name="body">The very bytes that were read; null when the request has none.</param>
    /// <param name="message">What the body says; null when there is none.</param>
    /// <param name="caller">Who calls.</param>
    /// <param name="ends">Ends the answer in its middle, properly, where it is a stream without an end of its own.</param>
    /// <returns>Null, or why the upstream gave no answer at all; nothing has been written to the client then.</returns>
    /// <exception cref="OperationCanceledException">The client went away.</exception>
    Task<UpstreamFailure?> ForwardAsync(
        HttpContext context,
        byte[]? body,
        McpMessage? message,
        CallerIdentity caller,
        CancellationToken ends);
}
