using Sluice.Documents;

namespace Sluice.Gateway;

/// <summary>Takes out of a request what only a trusted proxy may say, and adds what a proxy must say behind one.</summary>
/// <remarks>
/// <para>
/// It comes before everything else, so that nothing later can believe such a header by mistake, and no upstream sees it. A
/// name with underscores counts as the one with hyphens, since many servers cannot tell the two apart.
/// </para>
/// <para>Thread safety: immutable.</para>
/// </remarks>
internal sealed class ForwardedHeaders
{
    internal const string Protocol = "X-Forwarded-Proto";
    internal const string Host = "X-Forwarded-Host";
    internal const string PathPrefix = "X-Forwarded-Prefix";
    private const string Prefix = "X-Forwarded-";
    private readonly TrustedProxies _proxies;
    private readonly Uri? _publicUrl;
    private readonly string[] _identityHeaders;

    /// <param name="proxies">Who is believed.</param>
    /// <param name="configured">Which headers name a caller; or null.</param>
    /// <param name="publicUrl">Where clients reach the gateway, which servers are told; or null.</param>
    internal ForwardedHeaders(TrustedProxies proxies, TrustedProxy? configured, Uri? publicUrl)
    {
        _proxies = proxies;
        _publicUrl = publicUrl;
        _identityHeaders =
        [
            .. new[] { configured?.UserHeader, configured?.TenantHeader, configured?.ClientHeader }.OfType<string>(),
            .. configured?.ClaimHeaders.Select(claim => claim.Value) ?? [],
        ];
    }

    /// <summary>Changes the request's headers.</summary>
    internal void Apply(HttpContext context)
    {
        IHeaderDictionary headers = context.Request.Headers;
        bool isTrusted = _proxies.SpeakFor(context);
        List<string>? removed = null;
        foreach ((string name, _) in headers) // Their keys alone would be a list made for this.
        {
            if (IsReserved(name) && !(isTrusted && !name.Contains('_')))
            {
                (removed ??= []).Add(name);
            }
        }

        removed?.ForEach(name => headers.Remove(name));
        if (isTrusted)
        {
            Append(context, headers);
        }

        if (_publicUrl is not null)
        {
            AddMissing(headers, _publicUrl);
        }
    }

    private bool IsReserved(string name)
    {
        if (!name.Contains('_'))
        {
            return name.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase)
                || name.Equals("Forwarded", StringComparison.OrdinalIgnoreCase)
                || name.Equals("X-Real-IP", StringComparison.OrdinalIgnoreCase)
                || _identityHeaders.Contains(name, StringComparer.OrdinalIgnoreCase);
        }

        return IsReserved(name.Replace('_', '-'));
    }

    // The chain of addresses grows by the proxy's own. What the first proxy saw of the scheme and the host stays as it is:
    // servers compare these with one value and not with a list.
    private void Append(HttpContext context, IHeaderDictionary headers)
    {
        string before = headers[TrustedProxies.ForwardedFor].ToString();
        string address = context.Connection.RemoteIpAddress is { IsIPv4MappedToIPv6: true } mapped
            ? mapped.MapToIPv4().ToString()
            : context.Connection.RemoteIpAddress!.ToString();
        headers[TrustedProxies.ForwardedFor] = before.Length == 0 ? address : $"{before}, {address}";
        if (_publicUrl is null)
        {
            headers.TryAdd(Protocol, context.Request.Scheme);
            headers.TryAdd(Host, context.Request.Host.Value);
        }
    }

    private static void AddMissing(IHeaderDictionary headers, Uri publicUrl)
    {
        headers.TryAdd(Protocol, publicUrl.Scheme);
        headers.TryAdd(Host, publicUrl.Authority);
        string path = publicUrl.AbsolutePath.TrimEnd('/');
        if (path.Length > 0)
        {
            headers.TryAdd(PathPrefix, path);
        }
    }
}
