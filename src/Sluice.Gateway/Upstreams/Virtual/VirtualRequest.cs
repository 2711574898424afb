using Sluice.Mcp;

namespace Sluice.Gateway;

/// <summary>A message of a client in its session.</summary>
/// <param name="Context">The request.</param>
/// <param name="Body">The bytes of the message.</param>
/// <param name="Message">What they say.</param>
/// <param name="Session">The session.</param>
/// <param name="Calls">The way to the backends.</param>
/// <param name="Caller">What of the request's headers backends may get.</param>
/// <param name="Client">What the client says about itself: in the modern era with each request.</param>
internal sealed record VirtualRequest(
    HttpContext Context, byte[] Body, McpMessage Message, VirtualSession Session, BackendCalls Calls, CallerHeaders Caller, ClientFacts Client)
{
    /// <summary>Is cancelled when the client leaves, or the gateway cuts the call.</summary>
    internal CancellationToken Aborted => Context.RequestAborted;
}
