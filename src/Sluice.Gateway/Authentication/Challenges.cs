using Sluice.AspNetCore;
using Sluice.Mcp;

namespace Sluice.Gateway;

/// <summary>Answers requests whose caller is not known or not allowed, so that a client knows what to do next.</summary>
/// <remarks>
/// <para>Source: RFC 6750, section 3; RFC 9728, section 5.1.</para>
/// <para>Thread safety: immutable.</para>
/// </remarks>
/// <param name="metadata">Where clients learn how to get a token; null when tokens are not accepted.</param>
internal sealed class Challenges(ResourceMetadata? metadata)
{
    private const int InvalidRequest = -32600;

    /// <summary>Says why nobody knows who calls. Nothing of the body was read, so the answer has no id.</summary>
    internal Task RefuseAsync(HttpContext context, AuthenticationResult result)
    {
        (int status, int code, string message) = result.Outcome switch
        {
            AuthenticationOutcome.Blocked =>
                (StatusCodes.Status429TooManyRequests, StatusCodes.Status429TooManyRequests, $"Not now: {result.Failure}."),
            AuthenticationOutcome.Unavailable =>
                (StatusCodes.Status503ServiceUnavailable, StatusCodes.Status503ServiceUnavailable, $"Not now: {result.Failure}."),
            _ => (StatusCodes.Status401Unauthorized, InvalidRequest, $"Unauthorized: {result.Failure}."),
        };
        if (status == StatusCodes.Status401Unauthorized)
        {
            Challenge(context, result.Outcome == AuthenticationOutcome.Failed
                ? $"error=\"invalid_token\", error_description=\"{result.Failure}\""
                : null);
        }

        Refusal refusal = McpRefusals.RenderError(status, code, message, id: default);
        return RefusalWriter.WriteAsync(context, result.RetryAfter > TimeSpan.Zero
            ? refusal with { RetryAfterSeconds = (long)Math.Ceiling(result.RetryAfter.TotalSeconds) }
            : refusal);
    }

    /// <summary>Says that a known caller may not make a call.</summary>
    /// <param name="context">The request.</param>
    /// <param name="server">The server.</param>
    /// <param name="refused">The call.</param>
    internal Task ForbidAsync(HttpContext context, GatewayServer server, RefusalContext refused)
    {
        string[] scopes = AllowList.ScopesFor(server.Allow, refused.Message);
        Challenge(context, scopes.Length == 0
            ? "error=\"insufficient_scope\""
            : $"error=\"insufficient_scope\", scope=\"{string.Join(' ', scopes)}\"");
        return RefusalWriter.WriteAsync(context, McpRefusals.RenderForbidden(
            "Forbidden: the caller may not use this operation. Ask whoever runs the server for access",
            server.Policy?.Settings.Rejection ?? RejectionForm.Auto,
            refused));
    }

    // Clients that hold an API key have nowhere to go for another, so they are told no more than the scheme.
    private void Challenge(HttpContext context, string? error) => context.Response.Headers.WWWAuthenticate = metadata is null
        ? "Bearer"
        : $"Bearer resource_metadata=\"{metadata.UrlFor(context)}\"{(error is null ? "" : ", " + error)}";
}
