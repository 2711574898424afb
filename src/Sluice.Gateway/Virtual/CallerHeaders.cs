using System.Net;
using Microsoft.Extensions.Primitives;

namespace Sluice.Gateway;

/// <summary>What of a caller's request a backend may get: the context of a trace, and <c>Authorization</c> where the backend is to have it.</summary>
/// <remarks>
/// All other headers stay with the virtual server: they are about its path, its sessions and its callers. Thread safety: immutable, and
/// valid after the request.
/// </remarks>
internal sealed class CallerHeaders
{
    private static readonly string[] Traced = ["traceparent", "tracestate", "baggage"];
    private readonly StringValues[] _trace;
    private readonly StringValues _authorization;

    private CallerHeaders(IPAddress? address, StringValues[] trace, StringValues authorization)
    {
        Address = address;
        _trace = trace;
        _authorization = authorization;
    }

    /// <summary>Those of no request.</summary>
    internal static CallerHeaders None { get; } = new(address: null, new StringValues[Traced.Length], default);

    /// <summary>Where the caller is.</summary>
    internal IPAddress? Address { get; }

    /// <summary>Those of a request.</summary>
    internal static CallerHeaders Of(HttpContext context, TrustedProxies proxies)
    {
        IHeaderDictionary headers = context.Request.Headers;
        return new CallerHeaders(proxies.ClientOf(context), [.. Traced.Select(name => headers[name])], headers.Authorization);
    }

    /// <summary>Writes them into a request.</summary>
    internal void Write(IHeaderDictionary headers, bool withAuthorization)
    {
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
