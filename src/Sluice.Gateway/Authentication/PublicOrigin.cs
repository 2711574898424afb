namespace Sluice.Gateway;

/// <summary>Where clients reach the gateway: scheme, host and port.</summary>
/// <remarks>Thread safety: immutable.</remarks>
/// <param name="configured">The configured one, or null to go by each request.</param>
/// <param name="proxies">Whose word counts on what a client asked for.</param>
internal sealed class PublicOrigin(Uri? configured, TrustedProxies proxies)
{
    /// <summary>The origin without a slash at its end.</summary>
    internal string Of(HttpContext context)
    {
        if (configured is not null)
        {
            return configured.GetLeftPart(UriPartial.Authority);
        }

        HttpRequest request = context.Request;
        return (proxies.SpeakFor(context)
                ? Origin(First(request, ForwardedHeaders.Protocol), First(request, ForwardedHeaders.Host))
                : null)
            ?? Origin(request.Scheme, request.Host.Value ?? "")
            ?? "";
    }

    private static string First(HttpRequest request, string header) => request.Headers[header].ToString().Split(',')[0].Trim();

    private static string? Origin(string scheme, string host) =>
        scheme is "http" or "https" && Uri.TryCreate($"{scheme}://{host}/", UriKind.Absolute, out Uri? url) && url.PathAndQuery == "/"
            ? url.GetLeftPart(UriPartial.Authority)
            : null;
}
