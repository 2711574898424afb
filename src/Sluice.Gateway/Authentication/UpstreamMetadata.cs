using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Primitives;

namespace Sluice.Gateway;

/// <summary>The metadata of servers that know their callers themselves, with the address of the gateway in the place of theirs.</summary>
/// <remarks>
/// <para>Source: RFC 9728, OAuth 2.0 Protected Resource Metadata, sections 3 and 5.1.</para>
/// <para>Thread safety: any number of requests at a time.</para>
/// </remarks>
/// <param name="client">Asks the servers.</param>
internal sealed partial class UpstreamMetadata(DocumentClient client) : IMetadataSource
{
    private const string ResourceField = "resource";

    /// <exception cref="HttpRequestException">The server gave no good answer.</exception>
    /// <exception cref="JsonException">Its answer is not JSON.</exception>
    /// <exception cref="OperationCanceledException">It gave no answer in time.</exception>
    public async ValueTask<byte[]?> ReadAsync(GatewayServer server, string resource, CancellationToken cancellationToken)
    {
        if (server.HttpAddress is not Uri upstream)
        {
            return null;
        }

        string root = upstream.GetLeftPart(UriPartial.Authority) + ResourceMetadata.Root;
        byte[]? document = await client.GetAsync(new Uri(root + upstream.AbsolutePath.TrimEnd('/')), cancellationToken)
            ?? await client.GetAsync(new Uri(root), cancellationToken);
        return document is null ? null : WithResource(document, resource);
    }

    /// <summary>Puts the address of the gateway's metadata in the place of the server's, in a challenge of the server.</summary>
    /// <param name="challenges">The values of <c>WWW-Authenticate</c>.</param>
    /// <param name="address">Where the gateway serves the metadata.</param>
    internal static StringValues Rewrite(StringValues challenges, string address) => new(
    [
        .. challenges.Select(challenge => challenge is null
            ? null
            : MetadataParameter().Replace(challenge, $"resource_metadata=\"{address.Replace("$", "$$", StringComparison.Ordinal)}\"")),
    ]);

    private static byte[]? WithResource(byte[] document, string resource)
    {
        JsonElement root = JsonElement.Parse(document);
        if (root.ValueKind != JsonValueKind.Object)
        {
            return null;
        }

        using MemoryStream body = new();
        using (Utf8JsonWriter json = new(body))
        {
            json.WriteStartObject();
            json.WriteString(ResourceField, resource);
            foreach (JsonProperty field in root.EnumerateObject().Where(field => field.Name != ResourceField))
            {
                field.WriteTo(json);
            }

            json.WriteEndObject();
        }

        return body.ToArray();
    }

    // Source: RFC 9110, section 11.2: a parameter's value is a token or a quoted text.
    [GeneratedRegex("\\bresource_metadata\\s*=\\s*(?:\"(?:[^\"\\\\]|\\\\.)*\"|[^\\s,\"]+)", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex MetadataParameter();
}
