using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;

namespace Sluice.Configuration;

/// <summary>The name of a server: <c>host</c>, <c>host:port</c>, <c>[IPv6]:port</c> or <c>!/path/to/socket</c>.</summary>
internal static partial class RedisServerName
{
    /// <summary>The server in the client's form, with the port that it has when none is written; null when it is no server.</summary>
    internal static string? Read(string text, int? defaultPort)
    {
        if (text.StartsWith("!/", StringComparison.Ordinal))
        {
            return text.Contains(',', StringComparison.Ordinal) ? null : text;
        }

        if (!text.StartsWith('[') && IPAddress.TryParse(text, out IPAddress? alone) && alone.AddressFamily == AddressFamily.InterNetworkV6)
        {
            return $"[{text}]{(defaultPort is null ? "" : $":{defaultPort}")}";
        }

        int colon = text.EndsWith(']') ? -1 : text.LastIndexOf(':');
        string host = colon < 0 ? text : text[..colon];
        bool isHost = host.StartsWith('[')
            ? IPAddress.TryParse(host, out IPAddress? address) && address.AddressFamily == AddressFamily.InterNetworkV6
            : Host().IsMatch(host);
        if (!isHost)
        {
            return null;
        }

        if (colon < 0)
        {
            return defaultPort is null ? host : $"{host}:{defaultPort}";
        }

        return int.TryParse(text[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out int port)
            && port is > 0 and <= IPEndPoint.MaxPort
            ? $"{host}:{port}"
            : null;
    }

    [GeneratedRegex(@"^[A-Za-z0-9_]([A-Za-z0-9_.\-]{0,253}[A-Za-z0-9_.])?\z")]
    private static partial Regex Host();
}
