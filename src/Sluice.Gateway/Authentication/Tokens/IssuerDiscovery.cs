using System.Collections.Immutable;
using System.Text.Json;

namespace Sluice.Gateway;

/// <summary>Finds out which keys an issuer publishes.</summary>
/// <remarks>
/// <para>Source: OpenID Connect Discovery 1.0, section 4; RFC 8414, section 3, for issuers that only speak OAuth.</para>
/// <para>
/// Nothing is followed that the issuer's own documents do not say: no redirects, and never an address out of a token. The
/// document must name the very issuer that is configured, and its keys must come by TLS, except from this machine.
/// </para>
/// <para>Thread safety: any number of threads.</para>
/// </remarks>
internal static class IssuerDiscovery
{
    /// <summary>The keys.</summary>
    /// <param name="client">Asks the issuer.</param>
    /// <param name="issuer">The URL of the issuer.</param>
    /// <param name="cancellationToken">The keys are no longer needed.</param>
    /// <exception cref="HttpRequestException">The issuer did not answer well.</exception>
    /// <exception cref="FormatException">Its answer cannot be used; the message is a clause.</exception>
    /// <exception cref="OperationCanceledException">It did not answer in time.</exception>
    internal static async Task<ImmutableArray<VerificationKey>> FetchAsync(
        DocumentClient client, string issuer, CancellationToken cancellationToken)
    {
        byte[]? document = null;
        foreach (Uri address in DocumentsOf(new Uri(issuer)))
        {
            document ??= await client.GetAsync(address, cancellationToken);
        }

        if (document is null)
        {
            throw new FormatException("it has no document of metadata at either of its addresses");
        }

        byte[]? keys = await client.GetAsync(KeysIn(document, issuer), cancellationToken);
        return KeyDocument.ReadSet(keys ?? throw new FormatException("there are no keys at the address that its document names"));
    }

    // OpenID Connect puts its name behind the issuer's path, OAuth in front of it.
    private static Uri[] DocumentsOf(Uri issuer)
    {
        string origin = issuer.GetLeftPart(UriPartial.Authority);
        string path = issuer.AbsolutePath.TrimEnd('/');
        return
        [
            new($"{origin}{path}/.well-known/openid-configuration"),
            new($"{origin}/.well-known/oauth-authorization-server{path}"),
        ];
    }

    private static Uri KeysIn(byte[] document, string issuer)
    {
        JsonElement root;
        try
        {
            root = JsonElement.Parse(document);
        }
        catch (JsonException exception)
        {
            throw new FormatException("its document is not JSON", exception);
        }

        string? named = root.ValueKind == JsonValueKind.Object ? UnverifiedToken.TextOf(root, "issuer") : null;
        if (named != issuer)
        {
            throw new FormatException(
                named is null ? "its document names no issuer" : $"its document names another issuer, {JsonSerializer.Serialize(named)}; write that one");
        }

        bool isSafe = Uri.TryCreate(UnverifiedToken.TextOf(root, "jwks_uri"), UriKind.Absolute, out Uri? keys)
            && (keys.Scheme == Uri.UriSchemeHttps || (keys.Scheme == Uri.UriSchemeHttp && keys.IsLoopback));
        return isSafe ? keys! : throw new FormatException("its document names no https address of keys ('jwks_uri')");
    }
}
