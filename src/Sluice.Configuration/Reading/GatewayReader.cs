using System.Net;

namespace Sluice.Configuration;

/// <summary>Reads the root of a gateway's file.</summary>
internal sealed class GatewayReader(FaultList faults)
{
    private const string ListenAdvice = "Write scheme, address and port, such as http://127.0.0.1:8080.";
    private static readonly Uri DefaultListen = new("http://127.0.0.1:8080");
    private static readonly string[] Fields = ["servers", "auth", "listen", "store"];
    private static readonly string[] LaterFields = ["admin", "tls"];

    /// <summary>The configuration; of use only when no fault was added.</summary>
    internal GatewayConfiguration? Read(Node root)
    {
        FieldReader? reader = FieldReader.Open(root, "", Fields, LaterFields, faults);
        if (reader is null)
        {
            return null;
        }

        int before = faults.Count;
        AuthConfiguration auth = reader.Node("auth") is Node node ? new AuthReader(faults).Read(node) : AuthConfiguration.None;
        bool isMisspelt = reader.HasAttempt("auth") && !reader.Has("auth");
        KnownIdentities identities = isMisspelt || faults.Count > before ? KnownIdentities.All
            : !reader.Has("auth") ? KnownIdentities.None
            : KnownIdentities.Of(auth);
        return new GatewayConfiguration
        {
            Listen = ReadListen(reader) ?? DefaultListen,
            Auth = auth,
            Store = reader.Node("store") is Node store ? new StoreReader(faults).Read(store) : StoreConfiguration.Memory,
            Servers = new ServerReader(faults, identities).ReadAll(reader),
        };
    }

    private static Uri? ReadListen(FieldReader reader)
    {
        const string Field = "listen";
        if (reader.Scalar(Field, required: false, "an address to listen on, such as http://127.0.0.1:8080") is not ScalarNode scalar)
        {
            return null;
        }

        string? wrong = WhyNotAnAddress(scalar.Value.Trim(), out Uri? address);
        string shown = scalar.Written.Contains('@') ? "the value" : scalar.Describe();
        return reader.Accept(address, wrong is null ? null : $"{shown} {wrong}", scalar, Field);
    }

    private static string? WhyNotAnAddress(string text, out Uri? address)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out address))
        {
            return $"is not an address to listen on. {ListenAdvice}";
        }

        if (address.Scheme == Uri.UriSchemeHttps)
        {
            return "asks for TLS, which is not supported yet. Use http, behind something that ends TLS.";
        }

        bool isHttp = address.Scheme == Uri.UriSchemeHttp;
        if (!isHttp || address.PathAndQuery != "/" || address.UserInfo.Length > 0 || address.Fragment.Length > 0)
        {
            return $"is not an address to listen on. {ListenAdvice}";
        }

        // Kestrel listens on every address when it is given a name.
        if (address.Host != "localhost" && !IPAddress.TryParse(address.Host.Trim('[', ']'), out _))
        {
            return "names a host, and the gateway listens on addresses. Use an IP address, 0.0.0.0 for all, or localhost.";
        }

        // localhost is two addresses, and one free port is asked of each.
        return address is { Host: "localhost", Port: 0 } ? "asks for any free port of two addresses. Use 127.0.0.1 with port 0." : null;
    }
}
