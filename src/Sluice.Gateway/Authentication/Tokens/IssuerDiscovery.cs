using System.Collections.Immutable;
using System.Text.Json;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;

namespace Sluice.Gateway;

/// <summary>Finds out which keys an issuer publishes.</summary>
/// <remarks>
/// <para>
/// The library reads the documents. They come from the issuer's own addresses and from the one that it names for its keys; never from
/// an address in a token. The document must name the very issuer that is configured.
/// </para>
/// <para>Thread safety: any number of threads.</para>
/// </remarks>
internal static class IssuerDiscovery
{
    private const int MaxShownLength = 256;

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
        OpenIdConnectConfiguration metadata;
        try
        {
            metadata = await OpenIdConnectConfigurationRetriever.GetAsync(
                issuer, new IssuerDocuments(client, issuer), cancellationToken);
        }
        catch (Exception exception) when (exception is JsonException or ArgumentException)
        {
            throw new FormatException("its document or its keys are not the JSON that they must be", exception);
        }

        if (metadata.Issuer != issuer)
        {
            throw new FormatException(string.IsNullOrEmpty(metadata.Issuer)
                ? "its document names no issuer"
                : $"its document names another issuer, {Quote(metadata.Issuer)}; write that one in 'auth.jwt.issuer'");
        }

        return metadata.JsonWebKeySet is { Keys.Count: > 0 } keys
            ? KeyDocument.Read(keys)
            : throw new FormatException("it publishes no keys ('jwks_uri')");
    }

    // JSON has no line breaks within a text, so that lines of the log cannot be forged.
    private static string Quote(string issuer) =>
        JsonSerializer.Serialize(issuer.Length > MaxShownLength ? issuer[..MaxShownLength] : issuer);
}
