using System.Collections.Immutable;
using System.Net;
using Microsoft.Extensions.Primitives;
using Sluice.Documents;

namespace Sluice.Gateway;

/// <summary>
/// Rejects requests that a web page could send to a gateway on this machine by DNS rebinding: its own host name points here.
/// </summary>
/// <remarks>
/// Source: Model Context Protocol, revision 2025-11-25, Transports, security warning. A gateway on loopback is reached by
/// loopback names only, and called by pages from loopback only; one on any other address is reached by names that it
/// cannot know. A configured public name is the gateway's own at every address.
/// </remarks>
/// <param name="listensOnLoopback">Whether the gateway is reached from this machine only.</param>
/// <param name="publicUrl">Where clients reach it by way of a proxy, or null.</param>
/// <param name="origins">Origins that may call besides pages of this machine.</param>
internal sealed class RebindingGuard(bool listensOnLoopback, Uri? publicUrl, ImmutableArray<AllowedOrigin> origins)
{
    /// <summary>Null, or why the request is rejected.</summary>
    internal string? WhyRejected(HttpRequest request)
    {
        if (!listensOnLoopback)
        {
            return null;
        }

        if (!IsOurs(request.Host.Host))
        {
            return "the Host header does not name this machine";
        }

        StringValues origin = request.Headers.Origin;
        bool foreign = origin.Count > 1
            || (origin.Count == 1 && !IsAllowed(origin[0]!));
        return foreign
            ? "the Origin header names neither this machine nor an origin of 'auth.origins'. Add it there if its pages may call"
            : null;
    }

    private bool IsAllowed(string origin) =>
        (Uri.TryCreate(origin, UriKind.Absolute, out Uri? page) && IsOurs(page.Host))
        || origins.Any(allowed => allowed.Matches(origin));

    private bool IsOurs(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || host.Equals(publicUrl?.Host, StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host.Trim('[', ']'), out IPAddress? address) && IPAddress.IsLoopback(address));
}
