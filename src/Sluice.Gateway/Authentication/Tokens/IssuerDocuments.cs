using System.Text;
using Microsoft.IdentityModel.Protocols;

namespace Sluice.Gateway;

/// <summary>Gets the documents of one issuer for the library that reads them: bounded, in time, and without redirects.</summary>
/// <remarks>
/// <para>Source: OpenID Connect Discovery 1.0, section 4; RFC 8414, section 3, for issuers that only speak OAuth.</para>
/// <para>Thread safety: any number of threads.</para>
/// </remarks>
/// <param name="client">Asks the issuer.</param>
/// <param name="issuer">The URL of the issuer, which means the metadata of the issuer, at either of its addresses.</param>
internal sealed class IssuerDocuments(DocumentClient client, string issuer) : IDocumentRetriever
{
    /// <summary>The metadata for the issuer's URL, and the document itself for any other.</summary>
    /// <exception cref="HttpRequestException">The issuer did not answer well.</exception>
    /// <exception cref="FormatException">There is no such document, or its address is not safe; the message is a clause.</exception>
    /// <exception cref="OperationCanceledException">It did not answer in time.</exception>
    public async Task<string> GetDocumentAsync(string address, CancellationToken cancel)
    {
        byte[]? document = null;
        if (address == issuer)
        {
            foreach (Uri metadata in MetadataOf(new Uri(issuer)))
            {
                document ??= await client.GetAsync(metadata, cancel);
            }

            return Text(document ?? throw new FormatException("it has no document of metadata at either of its addresses"));
        }

        // Keys must come by TLS, except from this machine.
        bool isSafe = Uri.TryCreate(address, UriKind.Absolute, out Uri? url)
            && (url.Scheme == Uri.UriSchemeHttps || (url.Scheme == Uri.UriSchemeHttp && url.IsLoopback));
        document = isSafe
            ? await client.GetAsync(url!, cancel)
            : throw new FormatException("its document names no https address of keys ('jwks_uri')");
        return Text(document ?? throw new FormatException("there are no keys at the address that its document names"));
    }

    private static string Text(byte[] document) => Encoding.UTF8.GetString(document);

    // OpenID Connect puts its name behind the issuer's path, OAuth in front of it.
    private static Uri[] MetadataOf(Uri issuer)
    {
        string origin = issuer.GetLeftPart(UriPartial.Authority);
        string path = issuer.AbsolutePath.TrimEnd('/');
        return
        [
            new($"{origin}{path}/.well-known/openid-configuration"),
            new($"{origin}/.well-known/oauth-authorization-server{path}"),
        ];
    }
}
