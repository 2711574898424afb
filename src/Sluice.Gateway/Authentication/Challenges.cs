using Sluice.AspNetCore;
using Sluice.Mcp;

namespace Sluice.Gateway;

/// <summary>Answers requests whose caller is not known or not allowed, so that a client knows what to do next.</summary>
/// <remarks>
/// <para>Source: RFC 6750, section 3; RFC 9728, section 5.1; Model Context Protocol, revision 2025-11-25, Authorization.</para>
/// <para>Thread safety: immutable.</para>
/// </remarks>
/// <param name="metadata">Where clients learn how to get a token; null when tokens are not accepted.</param>
internal sealed class Challenges(ResourceMetadata? metadata)
{
    private const int InvalidRequest = -32600;

    // More scopes than this make a header that proxies reject.
    private const int MaxScopeLength = 2_048;

    // The first revision in which clients know how to ask for more scopes.
    private const string FirstRevisionWithStepUp = "2025-11-25";

    /// <summary>Says why the caller is not known. Nothing of the body was read, so the answer has no id.</summary>
    internal Task RejectAsync(HttpContext context, GatewayServer server, AuthenticationResult result)
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
                ? $", error=\"invalid_token\", error_description=\"{Quotable(result.Failure!)}\""
                : ScopeOf(server.Scopes));
        }

        Rejection rejection = McpRejections.RenderError(status, code, message, id: default);
        return RejectionWriter.WriteAsync(context, result.RetryAfter > TimeSpan.Zero
            ? rejection with { RetryAfterSeconds = (long)Math.Ceiling(result.RetryAfter.TotalSeconds) }
            : rejection);
    }

    /// <summary>Says that a caller may not make a call.</summary>
    /// <param name="context">The request.</param>
    /// <param name="server">The server.</param>
    /// <param name="identity">The caller.</param>
    /// <param name="rejectionContext">The call.</param>
    internal Task ForbidAsync(HttpContext context, GatewayServer server, AuthenticationResult identity, RejectionContext rejectionContext)
    {
        string? needed = AllowList.ScopeFor(server.Allow, rejectionContext.Message);
        if (identity.IsAnonymous && AllowList.AllowsAnyCaller(server.Allow, rejectionContext.Message))
        {
            Challenge(context, ScopeOf(needed is null ? server.Scopes : server.Scopes.Append(needed)));
            return RejectionWriter.WriteAsync(context, McpRejections.RenderError(
                StatusCodes.Status401Unauthorized,
                InvalidRequest,
                "Unauthorized: this operation needs credentials, and none were sent.",
                rejectionContext.Message.Id));
        }

        RejectionForm form = server.Policy?.Settings.Rejection ?? RejectionForm.Auto;
        if (metadata is null || !identity.Claims.AreOfToken || needed is null || !IsScope(needed))
        {
            return RejectionWriter.WriteAsync(context, McpRejections.RenderForbidden(
                "Forbidden: the caller may not use this operation. Ask the operator of the server for access", form, rejectionContext));
        }

        string[] has = [.. identity.Claims.Scopes.Where(IsScope)];
        Challenge(context, ", error=\"insufficient_scope\"" + ScopeOf([.. has, needed], otherwise: needed));

        // Clients of this revision sign in again on a 403 alone; older ones read errors in an answer with 200.
        string revision = context.Request.Headers[McpVersions.HeaderName].ToString();
        bool knowsStepUp = string.CompareOrdinal(revision, FirstRevisionWithStepUp) >= 0;
        return RejectionWriter.WriteAsync(context, McpRejections.RenderForbidden(
            $"Forbidden: the token has {Name(has)} and needs the scope '{needed}' for this operation",
            form == RejectionForm.Auto && knowsStepUp ? RejectionForm.Http429 : form,
            rejectionContext));
    }

    private static string Name(string[] scopes)
    {
        string all = string.Join(' ', scopes);
        return scopes.Length == 0 ? "no scope" : all.Length > MaxScopeLength ? "other scopes" : $"the scopes '{all}'";
    }

    private static string ScopeOf(IEnumerable<string> scopes, string? otherwise = null)
    {
        string all = string.Join(' ', scopes.Where(IsScope).Distinct());
        string shown = all.Length > MaxScopeLength ? otherwise ?? "" : all;
        return shown.Length == 0 ? "" : $", scope=\"{shown}\"";
    }

    // Source: RFC 6749, appendix A.4.
    private static bool IsScope(string scope) =>
        scope.Length > 0 && scope.All(c => c is >= '!' and <= '~' and not '"' and not '\\');

    // Source: RFC 6750, section 3: which characters a description may have.
    private static string Quotable(string text) => string.Concat(
        text.Select(c => c is >= ' ' and <= '~' and not '"' and not '\\' ? c : '?'));

    // Clients that hold an API key have nowhere to go for another, so they are told no more than the scheme.
    private void Challenge(HttpContext context, string parameters) => context.Response.Headers.WWWAuthenticate = metadata is null
        ? "Bearer"
        : $"Bearer resource_metadata=\"{metadata.UrlFor(context)}\"{parameters}";
}
