using System.Text.Json;

namespace Sluice.Gateway;

/// <summary>Tells clients where they get tokens for a server.</summary>
/// <remarks>
/// <para>Source: RFC 9728, OAuth 2.0 Protected Resource Metadata, section 3.</para>
/// <para>It is never limited and asks for no credentials: clients without a token begin here.</para>
/// <para>Thread safety: immutable.</para>
/// </remarks>
/// <param name="source">Knows what to tell.</param>
/// <param name="paths">The servers.</param>
/// <param name="address">Where clients reach the gateway.</param>
internal sealed class ResourceMetadata(IMetadataSource source, ServerPaths paths, PublicAddress address)
{
    internal const string Root = "/.well-known/oauth-protected-resource";

    /// <summary>Whether a request asks for metadata.</summary>
    internal static bool IsAskedBy(HttpRequest request) => request.Path.StartsWithSegments(Root, StringComparison.Ordinal);

    /// <summary>
    /// Where the metadata of the called server is. Behind a path prefix it is below the prefix, not at the origin's own
    /// <c>/.well-known</c>: that needs no rule of the proxy besides the one for the prefix.
    /// </summary>
    internal string UrlFor(HttpContext context) => address.Of(context) + Root + context.Request.Path.Value!.TrimEnd('/');

    /// <summary>Answers.</summary>
    internal async Task AnswerAsync(HttpContext context)
    {
        context.Request.Path.StartsWithSegments(Root, StringComparison.Ordinal, out PathString path);
        string name = path.Value?.TrimEnd('/') ?? "";
        if (paths.FindResource(name) is not GatewayServer server)
        {
            await PlainErrors.WriteAsync(context, StatusCodes.Status404NotFound, "No MCP server is at this path.");
            return;
        }

        // The document is public, so every web page may read it.
        context.Response.Headers.AccessControlAllowOrigin = "*";
        string method = context.Request.Method;
        if (HttpMethods.IsOptions(method))
        {
            context.Response.Headers.AccessControlAllowMethods = "GET";
            context.Response.Headers.AccessControlAllowHeaders = "*";
            context.Response.StatusCode = StatusCodes.Status204NoContent;
        }
        else if (HttpMethods.IsGet(method) || HttpMethods.IsHead(method))
        {
            await WriteAsync(context, server, address.Of(context) + name);
        }
        else
        {
            context.Response.Headers.Allow = "GET, HEAD, OPTIONS";
            await PlainErrors.WriteAsync(context, StatusCodes.Status405MethodNotAllowed, "Metadata is read by GET.");
        }
    }

    private async Task WriteAsync(HttpContext context, GatewayServer server, string resource)
    {
        byte[]? body;
        try
        {
            body = await source.ReadAsync(server, resource, context.RequestAborted);
        }
        catch (Exception exception) when (
            exception is HttpRequestException or JsonException
            || (exception is OperationCanceledException && !context.RequestAborted.IsCancellationRequested))
        {
            await PlainErrors.WriteAsync(
                context, StatusCodes.Status502BadGateway, $"The server '{server.Name}' gave no metadata that can be read.");
            return;
        }

        if (body is null)
        {
            await PlainErrors.WriteAsync(context, StatusCodes.Status404NotFound, $"The server '{server.Name}' has no metadata.");
            return;
        }

        context.Response.ContentType = "application/json";
        context.Response.ContentLength = body.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await context.Response.Body.WriteAsync(body, context.RequestAborted);
        }
    }
}
