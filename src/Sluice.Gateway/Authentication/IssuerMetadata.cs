using System.Text.Json;
using Sluice.Documents;

namespace Sluice.Gateway;

/// <summary>The metadata of servers whose callers the gateway knows by their tokens.</summary>
/// <remarks>
/// <para>Source: RFC 9728, OAuth 2.0 Protected Resource Metadata, section 2.</para>
/// <para>Thread safety: immutable.</para>
/// </remarks>
/// <param name="issuers">The issuers that are accepted.</param>
internal sealed class IssuerMetadata(IEnumerable<JwtIssuer> issuers) : IMetadataSource
{
    // An issuer that is only a name in a key file's tokens gives out none that a client could ask for.
    private readonly string[] _issuers =
    [
        .. issuers.Select(issuer => issuer.Issuer).Where(issuer =>
            Uri.TryCreate(issuer, UriKind.Absolute, out Uri? url) && (url.Scheme == Uri.UriSchemeHttps || url.Scheme == Uri.UriSchemeHttp)),
    ];

    public ValueTask<byte[]?> ReadAsync(GatewayServer server, string resource, CancellationToken cancellationToken)
    {
        using MemoryStream body = new();
        using (Utf8JsonWriter json = new(body))
        {
            json.WriteStartObject();
            json.WriteString("resource", resource);
            WriteList(json, "authorization_servers", _issuers);
            WriteList(json, "bearer_methods_supported", ["header"]);
            string[] scopes = [.. server.Scopes.Union(AllowList.ScopesOf(server.Allow))];
            if (scopes.Length > 0)
            {
                WriteList(json, "scopes_supported", scopes);
            }

            json.WriteEndObject();
        }

        return ValueTask.FromResult<byte[]?>(body.ToArray());
    }

    private static void WriteList(Utf8JsonWriter json, string name, string[] values)
    {
        json.WriteStartArray(name);
        foreach (string value in values)
        {
            json.WriteStringValue(value);
        }

        json.WriteEndArray();
    }
}
