using System.Globalization;
using System.Net;
using Microsoft.Extensions.Primitives;

namespace Sluice.Gateway;

/// <summary>
/// What of a caller's request a backend may get: the context of a trace, and <c>Authorization</c> where the backend is to have it.
/// </summary>
/// <remarks>
/// All other headers stay with the virtual server: they are about its path, its sessions and its callers. Thread safety: immutable, and
/// valid after the request.
/// </remarks>
internal sealed class CallerHeaders
{
    /// <summary>Through how many virtual servers a request came; a client sends none.</summary>
    internal const string HopsHeader = "Sluice-Virtual-Hops";

    private static readonly string[] Traced = ["traceparent", "tracestate", "baggage"];
    private readonly StringValues[] _trace;
    private readonly StringValues _authorization;

    private CallerHeaders(IPAddress? address, int hops, StringValues[] trace, StringValues authorization)
    {
        Address = address;
        Hops = hops;
        _trace = trace;
        _authorization = authorization;
    }

    /// <summary>Those of no request.</summary>
    internal static CallerHeaders None { get; } = new(address: null, hops: 0, new StringValues[Traced.Length], default);

    /// <summary>Where the caller is.</summary>
    internal IPAddress? Address { get; }

    /// <summary>Through how many virtual servers the request came.</summary>
    internal int Hops { get; }

    /// <summary>Those of a request.</summary>
    internal static CallerHeaders Of(HttpContext context, TrustedProxies proxies)
    {
        IHeaderDictionary headers = context.Request.Headers;
        int hops = int.TryParse(headers[HopsHeader].ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out int said) ? said : 0;
        return new CallerHeaders(proxies.ClientOf(context), hops, [.. Traced.Select(name => headers[name])], headers.Authorization);
    }

    /// <summary>Writes them into a request.</summary>
    internal void Write(IHeaderDictionary headers, bool withAuthorization)
    {
        headers[HopsHeader] = (Hops + 1).ToString(CultureInfo.InvariantCulture);
        for (int i = 0; i < Traced.Length; i++)
        {
            if (_trace[i].Count > 0)
            {
                headers[Traced[i]] = _trace[i];
            }
        }

        if (withAuthorization && _authorization.Count > 0)
        {
            headers.Authorization = _authorization;
        }
    }
}
