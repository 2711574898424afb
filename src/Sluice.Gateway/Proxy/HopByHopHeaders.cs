using System.Collections.Frozen;
using Microsoft.Extensions.Primitives;

namespace Sluice.Gateway;

/// <summary>The headers that belong to one connection and never travel on.</summary>
/// <remarks>Source: RFC 9110, section 7.6.1, and RFC 9112, section 6.1.</remarks>
internal static class HopByHopHeaders
{
    private static readonly FrozenSet<string> Names = FrozenSet.ToFrozenSet(
        [
            "Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization", "Proxy-Connection", "TE",
            "Trailer", "Transfer-Encoding", "Upgrade", "HTTP2-Settings", "Expect",
        ],
        StringComparer.OrdinalIgnoreCase);

    /// <summary>Whether a header stays behind: by its name, or because <c>Connection</c> names it.</summary>
    internal static bool Contains(string name, StringValues connection)
    {
        if (Names.Contains(name) || name.StartsWith(':'))
        {
            return true;
        }

        foreach (string? value in connection)
        {
            foreach (Range token in value.AsSpan().Split(','))
            {
                if (value.AsSpan(token).Trim().Equals(name, StringComparison.OrdinalIgnoreCase))
                {
                    return true;
                }
            }
        }

        return false;
    }
}
