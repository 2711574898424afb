using System.Net;
using StackExchange.Redis;

namespace Sluice.Redis;

/// <summary>What servers are, in words for a log.</summary>
internal static class ServerDescription
{
    /// <summary>The products, their versions, and where they are: <c>Redis 7.0.15 at 127.0.0.1:6379</c>.</summary>
    internal static string Of(IEnumerable<IServer> servers) => string.Join("; ", servers
        .GroupBy(Product, server => Place(server.EndPoint), StringComparer.Ordinal)
        .Select(product => $"{product.Key} at {string.Join(", ", product.Order(StringComparer.Ordinal))}"));

    private static string Product(IServer server)
    {
        ProductVariant variant = server.GetProductVariant(out string version);
        string mode = server.ServerType == ServerType.Cluster ? " (cluster)" : "";
        return $"{variant} {version}{mode}";
    }

    private static string Place(EndPoint place) => place is DnsEndPoint name ? $"{name.Host}:{name.Port}" : place.ToString()!;
}
