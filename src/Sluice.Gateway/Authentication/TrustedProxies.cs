using System.Collections.Immutable;
using System.Net;

namespace Sluice.Gateway;

/// <summary>Knows which addresses are believed, and by them where a request comes from.</summary>
/// <remarks>Thread safety: immutable.</remarks>
internal sealed class TrustedProxies(ImmutableArray<IPNetwork> networks)
{
    internal const string ForwardedFor = "X-Forwarded-For";

    /// <summary>Whether no proxy is trusted.</summary>
    internal bool IsEmpty => networks.IsEmpty;

    /// <summary>Whether the connection itself comes from a proxy that is believed; no header has a say in that.</summary>
    internal bool SpeakFor(HttpContext context) => Contain(context.Connection.RemoteIpAddress);

    /// <summary>
    /// The address where a request began: the connection's, or behind trusted proxies the last in <c>X-Forwarded-For</c> that is
    /// none of theirs. Addresses before it are not verified. Null when the connection has none.
    /// </summary>
    internal IPAddress? ClientOf(HttpContext context)
    {
        IPAddress? client = Plain(context.Connection.RemoteIpAddress);
        if (!Contain(client))
        {
            return client;
        }

        string[] chain = context.Request.Headers[ForwardedFor].ToString().Split(',', StringSplitOptions.TrimEntries);
        for (int at = chain.Length - 1; at >= 0 && Contain(client); at--)
        {
            if (!TryParse(chain[at], out IPAddress? previous))
            {
                break;
            }

            client = previous;
        }

        return client;
    }

    private bool Contain(IPAddress? address) =>
        Plain(address) is IPAddress plain && networks.Any(network => network.Contains(plain));

    // Some proxies write the port too, and IPv6 in brackets then.
    private static bool TryParse(string text, out IPAddress? address)
    {
        bool isAddress = IPAddress.TryParse(text, out address);
        if (!isAddress && IPEndPoint.TryParse(text, out IPEndPoint? endPoint))
        {
            address = endPoint.Address;
            isAddress = true;
        }

        address = Plain(address);
        return isAddress;
    }

    // A socket for both protocols shows IPv4 addresses as IPv6.
    private static IPAddress? Plain(IPAddress? address) => address is { IsIPv4MappedToIPv6: true } ? address.MapToIPv4() : address;
}
