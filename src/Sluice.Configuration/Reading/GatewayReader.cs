using System.Collections.Immutable;
using System.Net;
using Sluice.Configuration.Documents;

namespace Sluice.Configuration.Reading;

/// <summary>Reads the root of a gateway's file.</summary>
internal sealed class GatewayReader(FaultList faults)
{
    private static readonly Uri DefaultListen = new("http://127.0.0.1:8080");

    /// <summary>The configuration; of use only when no fault was added.</summary>
    internal GatewayConfiguration? Read(Node root)
    {
        FieldReader? reader = FieldReader.Open(root, "", ["listen", "auth", "servers"], ["admin", "store", "audit", "compat"], faults);
        if (reader is null)
        {
            return null;
        }

        ImmutableArray<ApiKey> keys = reader.Node("auth") is Node auth ? new AuthReader(faults).Read(auth, "auth") : [];
        KnownIdentities identities = new(reader.Has("auth"), keys.Any(key => key.Tenant is not null));
        return new GatewayConfiguration
        {
            Listen = ReadListen(reader),
            ApiKeys = keys,
            Servers = new ServerReader(faults, identities).ReadAll(reader),
        };
    }

    private Uri ReadListen(FieldReader reader)
    {
        if (reader.Node("listen") is not Node node)
        {
            return DefaultListen;
        }

        string? wrong = WhyNotAnAddress(node, out Uri? address);
        if (wrong is not null)
        {
            faults.Add(node, "listen", $"{node.Describe()} {wrong}");
        }

        return address ?? DefaultListen;
    }

    private static string? WhyNotAnAddress(Node node, out Uri? address)
    {
        const string WayOut = "Write scheme, host and port, such as http://127.0.0.1:8080.";
        address = null;
        if (node is not ScalarNode scalar || !Uri.TryCreate(scalar.Value, UriKind.Absolute, out Uri? uri))
        {
            return $"is not an address to listen on. {WayOut}";
        }

        if (uri.Scheme == Uri.UriSchemeHttps)
        {
            return "asks for TLS, which is not supported yet. Use http, behind something that ends TLS.";
        }

        if (uri.Scheme != Uri.UriSchemeHttp || uri.PathAndQuery != "/" || uri.UserInfo.Length > 0 || uri.Fragment.Length > 0)
        {
            return $"is not an address to listen on. {WayOut}";
        }

        if (uri.Host != "localhost" && !IPAddress.TryParse(uri.Host.Trim('[', ']'), out _))
        {
            return "names a host, and the gateway listens on addresses. Use an IP address, 0.0.0.0 for all, or localhost.";
        }

        address = uri;
        return uri.Host == "localhost" && uri.Port == 0 ? "asks for any free port of localhost. Use 127.0.0.1 with port 0." : null;
    }
}
