using System.Net;
using System.Net.Sockets;

namespace Sluice.Gateway;

/// <summary>Makes an identity of an address where no user is known, so that it can be counted as a user is.</summary>
/// <remarks>An IPv6 address counts as its network of 64 bits, because one customer usually has all of it.</remarks>
internal static class AddressIdentity
{
    private const int NetworkBytes = 8;

    /// <summary>The issuer of such identities.</summary>
    internal const string Issuer = "urn:sluice:address";

    /// <summary>The identity of an address.</summary>
    internal static CallerIdentity Of(IPAddress? address) => new(Issuer, NameOf(address), tenant: null, client: null);

    /// <summary>The text that an address counts as; all callers without an address have the same one.</summary>
    internal static string NameOf(IPAddress? address) =>
        address is null ? "none"
            : address.AddressFamily == AddressFamily.InterNetworkV6
                ? Convert.ToHexStringLower(address.GetAddressBytes().AsSpan(0, NetworkBytes))
            : address.ToString();

    /// <summary>Whether an identity is that of an address, and not of a user.</summary>
    internal static bool Is(CallerIdentity identity) => identity.Issuer == Issuer;
}
