using Microsoft.Extensions.Primitives;
using Sluice.AspNetCore;
using Sluice.Mcp;

namespace Sluice.Gateway;

/// <summary>Requests of clients that name a session which this gateway keeps.</summary>
internal static class SessionRequests
{
    /// <summary>The header that names a session.</summary>
    internal const string Header = "Mcp-Session-Id";

    private const int InvalidRequest = -32600;
    private const int NotFound = -32001; // As the official SDKs answer it; sessions are of the legacy era only.

    /// <summary>The session that a request names; or null when it has been answered.</summary>
    internal static async Task<StdioSession?> FindAsync(
        SessionTable sessions, HttpContext context, CallerIdentity caller, ReadOnlyMemory<byte> id)
    {
        StringValues named = context.Request.Headers[Header];
        if (named.Count != 1)
        {
            await ChargedCall.NotMadeAsync(context);
            await RejectionWriter.WriteAsync(context, McpRejections.RenderError(
                StatusCodes.Status400BadRequest,
                InvalidRequest,
                $"The request names no session: send 'initialize', and then {Header} with the value of its answer.",
                id));
            return null;
        }

        if (sessions.Find(named[0] ?? "", caller) is StdioSession session)
        {
            return session;
        }

        await WriteNoSessionAsync(context, id);
        return null;
    }

    /// <summary>The session that a request names; null for none, which is not answered here.</summary>
    internal static StdioSession? Peek(SessionTable sessions, HttpContext context, CallerIdentity caller) =>
        context.Request.Headers[Header] is { Count: 1 } named ? sessions.Find(named[0] ?? "", caller) : null;

    /// <summary>Answers a request whose session is not there. The status refunds the call, as that of a server over HTTP does.</summary>
    internal static Task WriteNoSessionAsync(HttpContext context, ReadOnlyMemory<byte> id) => RejectionWriter.WriteAsync(
        context,
        McpRejections.RenderError(
            StatusCodes.Status404NotFound, NotFound, "There is no such session, or it has ended: send 'initialize' again.", id));
}
