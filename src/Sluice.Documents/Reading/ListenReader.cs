using System.Net;

namespace Sluice.Documents;

/// <summary>Reads <c>listen</c> and <c>tls</c>, which must agree.</summary>
internal sealed class ListenReader(FaultList faults)
{
    private const string Listen = "listen";
    private const string Tls = "tls";
    private const string Advice = "Write scheme, address and port, such as http://127.0.0.1:8080.";
    private static readonly Uri Default = new("http://127.0.0.1:8080");
    internal static readonly FieldTable TlsTable = new(
        new FieldSpec("certificate", new TextSpec()).Required(), new FieldSpec("key", new TextSpec()).Required());

    /// <summary>An address to listen on.</summary>
    internal static readonly ValueSpec Address = new TextSpec(int.MaxValue, @"^\s*[hH][tT][tT][pP][sS]?://");

    /// <summary>Where to listen, and by which certificate; valid only when no fault was added.</summary>
    internal (Uri Listen, TlsConfiguration? Tls) Read(FieldReader root)
    {
        Uri? listen = ReadAddress(root, Listen);
        TlsConfiguration? tls = root.Node(Tls) is Node node ? ReadTls(node) : null;
        if (listen?.Scheme == Uri.UriSchemeHttps && !root.HasAttempt(Tls))
        {
            faults.Add(root.Node(Listen)!, Listen, "asks for TLS, and there is no certificate. Add 'tls: { certificate: …, key: … }'.");
        }
        else if (root.Has(Tls) && (listen ?? Default).Scheme == Uri.UriSchemeHttp && (listen is not null || !root.HasAttempt(Listen)))
        {
            faults.Add(
                root.Mapping.Find(Tls)!, Tls, "is never used, since 'listen' is an http address. "
                    + "Write https://… in 'listen', or remove it.");
        }

        return (listen ?? Default, tls);
    }

    /// <summary>An address to listen on; null when it is absent or wrong.</summary>
    internal static Uri? ReadAddress(FieldReader reader, string name)
    {
        if (reader.Scalar(name, "an address to listen on, such as http://127.0.0.1:8080") is not ScalarNode scalar)
        {
            return null;
        }

        string? wrong = WhyNotAnAddress(scalar.Value.Trim(), out Uri? address);
        string shown = scalar.Written.Contains('@') ? "the value" : scalar.Describe();
        return reader.Accept(address, wrong is null ? null : $"{shown} {wrong}", scalar, name);
    }

    private static string? WhyNotAnAddress(string text, out Uri? address)
    {
        bool isAddress = Uri.TryCreate(text, UriKind.Absolute, out address)
            && (address.Scheme == Uri.UriSchemeHttp || address.Scheme == Uri.UriSchemeHttps)
            && address.PathAndQuery == "/"
            && address.UserInfo.Length == 0
            && address.Fragment.Length == 0;
        if (!isAddress)
        {
            return $"is not an address to listen on. {Advice}";
        }

        // Kestrel listens on every address when it is given a name.
        if (address!.Host != "localhost" && !IPAddress.TryParse(address.Host.Trim('[', ']'), out _))
        {
            return "names a host, and the gateway listens on addresses. Use an IP address, 0.0.0.0 for all, or localhost.";
        }

        // localhost is two addresses, and one free port is asked of each.
        return address is { Host: "localhost", Port: 0 } ? "asks for any free port of two addresses. Use 127.0.0.1 with port 0." : null;
    }

    private TlsConfiguration? ReadTls(Node node)
    {
        if (FieldReader.Open(node, Tls, TlsTable, faults) is not FieldReader reader)
        {
            return null;
        }

        string? certificate = reader.Text("certificate");
        string? key = reader.Text("key");
        return certificate is null || key is null ? null : new TlsConfiguration { Certificate = certificate, Key = key };
    }
}
