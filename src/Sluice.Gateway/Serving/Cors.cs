using System.Collections.Immutable;
using Microsoft.Extensions.Primitives;
using Sluice.Documents;

namespace Sluice.Gateway;

/// <summary>Lets web pages read what the gateway answers itself, and call servers that do not support CORS.</summary>
/// <remarks>
/// <para>
/// A page may read the gateway's own answers where its origin is configured, or where the server has allowed it in an answer of
/// its own. A configured origin may also read every answer of every server, and the gateway answers its preflights.
/// </para>
/// <para>Source: the Fetch standard, section 3.2, HTTP CORS protocol.</para>
/// <para>Thread safety: any number of threads.</para>
/// </remarks>
/// <param name="origins">The configured origins.</param>
internal sealed class Cors(ImmutableArray<AllowedOrigin> origins)
{
    private const string MaxAgeSeconds = "600";
    private static readonly object OfServer = new();

    private static readonly string[] Exposed =
    [
        "Mcp-Session-Id", "Retry-After", "WWW-Authenticate", "RateLimit", "RateLimit-Policy", "X-RateLimit-Limit",
        "X-RateLimit-Remaining", "X-RateLimit-Reset",
    ];

    /// <summary>Notes whether the answer that is about to begin is a server's own.</summary>
    internal static void SetOfServer(HttpContext context, bool isOfServer)
    {
        if (isOfServer)
        {
            context.Items[OfServer] = OfServer;
        }
        else
        {
            context.Items.Remove(OfServer);
        }
    }

    /// <summary>Opens the answer to a request, once it begins, to a page that may read it.</summary>
    /// <param name="context">The request.</param>
    /// <param name="server">The server that is called; null for none.</param>
    internal void Apply(HttpContext context, GatewayServer? server)
    {
        if (context.Request.Headers.Origin is [string origin])
        {
            context.Response.OnStarting(() =>
            {
                Open(context, server, origin);
                return Task.CompletedTask;
            });
        }
    }

    /// <summary>Answers a preflight of a configured origin; other preflights go to the server.</summary>
    /// <returns>Whether the request has been answered.</returns>
    internal bool TryAnswerPreflight(HttpContext context)
    {
        IHeaderDictionary asked = context.Request.Headers;
        bool isPreflight = HttpMethods.IsOptions(context.Request.Method) && asked.AccessControlRequestMethod.Count == 1;
        if (!isPreflight || asked.Origin is not [string origin] || !Allows(origin))
        {
            return false;
        }

        IHeaderDictionary headers = context.Response.Headers;
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        headers.AccessControlAllowMethods = "GET, POST, DELETE";
        headers.AccessControlMaxAge = MaxAgeSeconds;
        headers.Vary = "Access-Control-Request-Headers";
        if (asked.AccessControlRequestHeaders.Count > 0)
        {
            headers.AccessControlAllowHeaders = asked.AccessControlRequestHeaders;
        }

        if (asked["Access-Control-Request-Private-Network"] == "true")
        {
            headers["Access-Control-Allow-Private-Network"] = "true";
        }

        return true;
    }

    private bool Allows(string origin) => origins.Any(allowed => allowed.Matches(origin));

    private void Open(HttpContext context, GatewayServer? server, string origin)
    {
        IHeaderDictionary headers = context.Response.Headers;
        bool isOfServer = context.Items.ContainsKey(OfServer);
        if (isOfServer)
        {
            server?.Origins.Learn(origin, context.Response);
        }

        bool isOpen = headers.AccessControlAllowOrigin == "*" || headers.AccessControlAllowOrigin == origin;
        bool isOpened = !isOpen && (Allows(origin) || (!isOfServer && server?.Origins.Allows(origin) == true));
        if (isOpened)
        {
            headers.AccessControlAllowOrigin = origin;
            if (!headers.Vary.Any(value => value == "*" || value?.Contains("Origin", StringComparison.OrdinalIgnoreCase) == true))
            {
                headers.Append("Vary", "Origin");
            }
        }

        if (isOpened || (isOpen && !isOfServer) || (isOpen && headers.Keys.Any(IsLimitHeader)))
        {
            Expose(headers);
        }
    }

    // A server that opens its answer says what it exposes; limit headers are the gateway's part of it.
    private static bool IsLimitHeader(string name) => name.Contains("RateLimit", StringComparison.OrdinalIgnoreCase);

    private static void Expose(IHeaderDictionary headers)
    {
        StringValues before = headers.AccessControlExposeHeaders;
        string[] known = [.. before.SelectMany(value => (value ?? "").Split(',', StringSplitOptions.TrimEntries))];
        if (!known.Contains("*"))
        {
            headers.AccessControlExposeHeaders = StringValues.Concat(
                before, string.Join(", ", Exposed.Except(known, StringComparer.OrdinalIgnoreCase)));
        }
    }
}
