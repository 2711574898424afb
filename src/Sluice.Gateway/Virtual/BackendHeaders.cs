using Sluice.Mcp;

namespace Sluice.Gateway;

/// <summary>The headers of a request to a backend: those of the protocol, and what of the caller's a backend gets.</summary>
/// <param name="Caller">Who calls, and what of the headers of the caller's request a backend may get.</param>
/// <param name="SessionId">The backend's session; null for none.</param>
/// <param name="Version">The version of the protocol; null before it is agreed on.</param>
internal sealed record BackendHeaders(CallerHeaders Caller, string? SessionId, string? Version)
{
    /// <summary>Writes them.</summary>
    internal void Write(IHeaderDictionary headers, GatewayServer backend, bool hasBody)
    {
        headers.Accept = hasBody ? "application/json, text/event-stream" : EventStream.MediaType;
        if (hasBody)
        {
            headers.ContentType = "application/json";
        }

        if (SessionId is not null)
        {
            headers[SessionRequests.Header] = SessionId;
        }

        if (Version is not null)
        {
            headers[McpVersions.HeaderName] = Version;
        }

        Caller.Write(headers, backend.ForwardsAuthorization);
    }
}
