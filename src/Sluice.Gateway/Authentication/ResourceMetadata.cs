using System.Text.Json;
using Sluice.Configuration;

namespace Sluice.Gateway;

/// <summary>Tells clients where they get tokens for a server.</summary>
/// <remarks>
/// <para>Source: RFC 9728, OAuth 2.0 Protected Resource Metadata, sections 2 and 3.</para>
/// <para>It is never limited and asks for no credentials: clients without a token begin here.</para>
/// <para>Thread safety: immutable.</para>
/// </remarks>
internal sealed class ResourceMetadata
{
    private const string Root = "/.well-known/oauth-protected-resource";
    private readonly string[] _issuers;
    private readonly ServerPaths _paths;
    private readonly PublicOrigin _origin;

    internal ResourceMetadata(IEnumerable<JwtIssuer> issuers, ServerPaths paths, PublicOrigin origin)
    {
        // An issuer that is only a name in a key file's tokens gives out none that a client could ask for.
        _issuers =
        [
            .. issuers.Select(issuer => issuer.Issuer).Where(issuer =>
                Uri.TryCreate(issuer, UriKind.Absolute, out Uri? url) && (url.Scheme == Uri.UriSchemeHttps || url.Scheme == Uri.UriSchemeHttp)),
        ];
        _paths = paths;
        _origin = origin;
    }

    /// <summary>Whether a request asks for metadata.</summary>
    internal static bool IsAskedBy(HttpRequest request) => request.Path.StartsWithSegments(Root, StringComparison.Ordinal);

    /// <summary>Where the metadata of the server is that a request asks for.</summary>
    internal string UrlFor(HttpContext context) => _origin.Of(context) + Root + context.Request.Path.Value!.TrimEnd('/');

    /// <summary>Answers.</summary>
    internal Task AnswerAsync(HttpContext context)
    {
        context.Request.Path.StartsWithSegments(Root, StringComparison.Ordinal, out PathString path);
        GatewayServer? server = _paths.Find(path);
        if (server is null && path.HasValue && path != "/")
        {
            return PlainErrors.WriteAsync(context, StatusCodes.Status404NotFound, "No MCP server is at this path.");
        }

        // Clients in a browser, on whatever page, may read what everybody may read.
        context.Response.Headers.AccessControlAllowOrigin = "*";
        string method = context.Request.Method;
        if (HttpMethods.IsOptions(method))
        {
            context.Response.Headers.AccessControlAllowMethods = "GET";
            context.Response.Headers.AccessControlAllowHeaders = "*";
            context.Response.StatusCode = StatusCodes.Status204NoContent;
            return Task.CompletedTask;
        }

        if (!HttpMethods.IsGet(method) && !HttpMethods.IsHead(method))
        {
            context.Response.Headers.Allow = "GET, HEAD, OPTIONS";
            return PlainErrors.WriteAsync(context, StatusCodes.Status405MethodNotAllowed, "Metadata is read by GET.");
        }

        byte[] body = Render(_origin.Of(context) + path.Value?.TrimEnd('/'), server);
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = body.Length;
        return HttpMethods.IsHead(method)
            ? Task.CompletedTask
            : context.Response.Body.WriteAsync(body, 0, body.Length, context.RequestAborted);
    }

    private byte[] Render(string resource, GatewayServer? server)
    {
        using MemoryStream body = new();
        using (Utf8JsonWriter json = new(body))
        {
            json.WriteStartObject();
            json.WriteString("resource", resource);
            WriteList(json, "authorization_servers", _issuers);
            WriteList(json, "bearer_methods_supported", ["header"]);
            string[] scopes = server is null ? [] : AllowList.ScopesOf(server.Allow);
            if (scopes.Length > 0)
            {
                WriteList(json, "scopes_supported", scopes);
            }

            json.WriteEndObject();
        }

        return body.ToArray();
    }

    private static void WriteList(Utf8JsonWriter json, string name, string[] values)
    {
        json.WriteStartArray(name);
        foreach (string value in values)
        {
            json.WriteStringValue(value);
        }

        json.WriteEndArray();
    }
}
