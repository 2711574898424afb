using Sluice.Mcp;

namespace Sluice.Gateway;

/// <summary>The headers of a request to a backend: those of the protocol, and what of the caller's a backend gets.</summary>
/// <param name="Caller">Who calls, and what of the headers of the caller's request a backend may get.</param>
/// <param name="SessionId">The backend's session; null for none.</param>
/// <param name="Version">The version of the protocol; null before it is agreed on.</param>
internal sealed record BackendHeaders(CallerHeaders Caller, string? SessionId, string? Version)
{
    /// <summary>Those of a session, or of a backend that has none.</summary>
    internal BackendHeaders(CallerHeaders caller, OpenedBackend opened)
        : this(caller, opened.SessionId, opened.Version)
    {
    }

    /// <summary>Headers that repeat arguments of a tool, as its schema asks for.</summary>
    internal IReadOnlyList<KeyValuePair<string, string>> Parameters { get; init; } = [];

    /// <summary>The event after which a stream is to go on; empty for none.</summary>
    internal string LastEventId { get; init; } = "";

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

        if (LastEventId.Length > 0)
        {
            headers["Last-Event-ID"] = LastEventId;
        }

        foreach ((string name, string value) in Parameters)
        {
            headers[name] = value;
        }

        Caller.Write(headers, backend.ForwardsAuthorization);
    }

    /// <summary>Repeats what a message says, as the modern era asks for.</summary>
    internal void Repeat(IHeaderDictionary headers, McpMessage message)
    {
        if (McpVersions.EraOf(Version) != McpEra.Modern)
        {
            return;
        }

        headers[McpHeaders.Method] = message.Method;
        if (message.Operation is string operation)
        {
            headers[McpHeaders.Name] = McpHeaders.Encode(operation);
        }
    }
}
