using System.Net;

namespace Sluice.Gateway;

/// <summary>Where clients reach the gateway: scheme, host, port and the path in front of the gateway's own, if any.</summary>
/// <remarks>Thread safety: immutable.</remarks>
/// <param name="configured">The configured address, or null to go by each request.</param>
/// <param name="listensOnLoopback">Whether the gateway is reached from this machine only.</param>
/// <param name="proxies">The proxies that are trusted to say what a client asked for.</param>
internal sealed class PublicAddress(Uri? configured, bool listensOnLoopback, TrustedProxies proxies)
{
    private const int MaxPrefixLength = 256;

    private readonly string _path = configured?.AbsolutePath.TrimEnd('/') ?? "";
    private readonly string? _configured = configured is null
        ? null
        : configured.GetLeftPart(UriPartial.Authority) + configured.AbsolutePath.TrimEnd('/');

    /// <summary>Whether addresses below this one can be the audience of tokens.</summary>
    /// <remarks>
    /// They cannot where a client has a say in the address: an audience that its sender chooses protects nothing. By loopback, the
    /// name and the port are known. What a proxy forwards of the host is often what its client sent.
    /// </remarks>
    internal bool IsVerifiable => _configured is not null || (listensOnLoopback && proxies.IsEmpty);

    /// <summary>The address without a slash at its end.</summary>
    internal string Of(HttpContext context)
    {
        if (_configured is not null)
        {
            return _configured;
        }

        HttpRequest request = context.Request;
        if (proxies.SpeakFor(context)
            && Origin(First(request, ForwardedHeaders.Protocol), First(request, ForwardedHeaders.Host)) is string origin)
        {
            return origin + PrefixOf(request);
        }

        return Origin(request.Scheme, request.Host.Value ?? "") ?? "";
    }

    /// <summary>The address, when it can be the beginning of a token's audience; else null.</summary>
    internal string? VerifiedOf(HttpContext context)
    {
        if (_configured is null)
        {
            HostString host = context.Request.Host;
            int port = host.Port ?? (context.Request.IsHttps ? 443 : 80);
            if (!IsVerifiable || port != context.Connection.LocalPort || !IsLoopbackName(host.Host))
            {
                return null;
            }
        }

        return Of(context);
    }

    /// <summary>Takes the path of the configured address out of a request's, where a proxy left it in.</summary>
    internal void RemovePathFrom(HttpRequest request, ServerPaths paths)
    {
        if (_path.Length == 0 || paths.Find(request.Path) is not null || paths.FindUsage(request.Path) is not null)
        {
            return;
        }

        if (request.Path.StartsWithSegments(_path, StringComparison.Ordinal, out PathString below))
        {
            request.Path = below;
        }
        else if (request.Path.StartsWithSegments(ResourceMetadata.Root, StringComparison.Ordinal, out PathString resource)
            && paths.Find(resource) is null
            && resource.StartsWithSegments(_path, StringComparison.Ordinal, out PathString name))
        {
            request.Path = ResourceMetadata.Root + name; // RFC 9728, section 3: the path follows the well-known name.
        }
    }

    private static bool IsLoopbackName(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host.Trim('[', ']'), out IPAddress? address) && IPAddress.IsLoopback(address));

    private static string First(HttpRequest request, string header) => request.Headers[header].ToString().Split(',')[0].Trim();

    private static string PrefixOf(HttpRequest request)
    {
        string prefix = First(request, ForwardedHeaders.PathPrefix).TrimEnd('/');
        bool isPath = prefix.Length is > 0 and <= MaxPrefixLength
            && prefix[0] == '/'
            && prefix.Split('/').Skip(1).All(segment =>
                segment.Length > 0
                && segment[0] != '.'
                && segment.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_' or '~'));
        return isPath ? prefix : "";
    }

    private static string? Origin(string scheme, string host) =>
        scheme is "http" or "https" && Uri.TryCreate($"{scheme}://{host}/", UriKind.Absolute, out Uri? url) && url.PathAndQuery == "/"
            ? url.GetLeftPart(UriPartial.Authority)
            : null;
}
