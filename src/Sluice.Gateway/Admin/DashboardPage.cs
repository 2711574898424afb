using System.Collections.Frozen;
using System.Security.Cryptography;

namespace Sluice.Gateway;

/// <summary><c>GET /</c>: the dashboard, a page that reads the API of the admin address.</summary>
/// <remarks>
/// <para>The page and its parts have no data in them, so they need no token: the page asks for it, since a browser cannot send one by
/// itself.</para>
/// <para>The policy lets the page load from and talk to this address alone. It also keeps the page's scripts from making markup out of
/// text, so that no name that a caller chose can become an element.</para>
/// <para>Thread safety: any number of threads.</para>
/// </remarks>
internal static class DashboardPage
{
    internal const string ContentSecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
        + "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

    private const string Root = "/";
    private const string Prefix = "dashboard/";

    private static readonly Lazy<FrozenDictionary<string, Asset>> Assets = new(ReadAssets);

    /// <summary>Whether a request is answered without a token.</summary>
    internal static bool IsOpen(HttpRequest request) =>
        (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method))
        && (request.Path == Root || request.Path.StartsWithSegments("/dashboard", StringComparison.Ordinal));

    internal static void Map(WebApplication application)
    {
        foreach ((string path, Asset asset) in Assets.Value)
        {
            application.MapRead(path, context => WriteAsync(context, asset));
        }
    }

    private static Task WriteAsync(HttpContext context, Asset asset)
    {
        IHeaderDictionary headers = context.Response.Headers;
        headers.CacheControl = "no-cache"; // Asked for again each time, so that a new version of the gateway never meets an old script.
        headers.ETag = asset.Tag;
        headers.ContentSecurityPolicy = ContentSecurityPolicy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        if (context.Request.GetTypedHeaders().IfNoneMatch.Any(tag => tag.Tag == asset.Tag))
        {
            context.Response.StatusCode = StatusCodes.Status304NotModified;
            return Task.CompletedTask;
        }

        context.Response.ContentType = asset.ContentType;
        context.Response.ContentLength = asset.Content.Length;
        return HttpMethods.IsHead(context.Request.Method)
            ? Task.CompletedTask
            : context.Response.Body.WriteAsync(asset.Content, 0, asset.Content.Length, context.RequestAborted);
    }

    private static FrozenDictionary<string, Asset> ReadAssets() => typeof(DashboardPage).Assembly
        .GetManifestResourceNames()
        .Where(static name => name.StartsWith(Prefix, StringComparison.Ordinal))
        .ToFrozenDictionary(static name => name == Prefix + "index.html" ? Root : $"/{name}", Read, StringComparer.Ordinal);

    private static Asset Read(string name)
    {
        using Stream resource = typeof(DashboardPage).Assembly.GetManifestResourceStream(name)!;
        byte[] content = new byte[resource.Length];
        resource.ReadExactly(content);
        string type = Path.GetExtension(name) switch
        {
            ".html" => "text/html; charset=utf-8",
            ".css" => "text/css; charset=utf-8",
            ".js" => "text/javascript; charset=utf-8",
            ".svg" => "image/svg+xml",
            string other => throw new InvalidOperationException($"The dashboard has no content type for '{other}'."),
        };
        return new Asset(content, type, $"\"{Convert.ToHexStringLower(SHA256.HashData(content)[..16])}\"");
    }

    private sealed record Asset(byte[] Content, string ContentType, string Tag);
}
