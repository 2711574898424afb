using System.Collections.Immutable;
using System.Net;
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
internal sealed class IssuerDiscovery : IDisposable
{
    private const int MaxDocumentBytes = 512 * 1024;
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);
    private readonly HttpClient _client;
    private readonly TimeProvider _time;

    /// <param name="time">The clock of the timeout.</param>
    internal IssuerDiscovery(TimeProvider time)
    {
        _time = time;
        SocketsHttpHandler handler = new()
        {
            ActivityHeadersPropagator = null,
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.All,
            ConnectTimeout = TimeSpan.FromSeconds(5),
            PooledConnectionLifetime = TimeSpan.FromMinutes(5), // So that a change in DNS is seen.
            UseCookies = false,
        };
        _client = new HttpClient(handler)
        {
            MaxResponseContentBufferSize = MaxDocumentBytes,
            Timeout = System.Threading.Timeout.InfiniteTimeSpan, // The time of a fetch is kept by the gateway's own clock.
        };
    }

    /// <summary>The keys.</summary>
    /// <param name="issuer">The URL of the issuer.</param>
    /// <param name="cancellationToken">Nobody needs them any more.</param>
    /// <exception cref="HttpRequestException">The issuer did not answer well.</exception>
    /// <exception cref="FormatException">Its answer is of no use; the message is a clause.</exception>
    /// <exception cref="OperationCanceledException">It did not answer in 10 s.</exception>
    internal async Task<ImmutableArray<VerificationKey>> FetchAsync(string issuer, CancellationToken cancellationToken)
    {
        using CancellationTokenSource late = new(Timeout, _time);
        using CancellationTokenSource given = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        byte[] document = await ReadFirstAsync(DocumentsOf(new Uri(issuer)), given.Token);
        byte[] keys = await _client.GetByteArrayAsync(KeysIn(document, issuer), given.Token);
        return KeyDocument.ReadSet(keys);
    }

    public void Dispose() => _client.Dispose();

    private async Task<byte[]> ReadFirstAsync(Uri[] addresses, CancellationToken cancellationToken)
    {
        foreach (Uri address in addresses.SkipLast(1))
        {
            using HttpResponseMessage response = await _client.GetAsync(address, cancellationToken);
            if (response.StatusCode != HttpStatusCode.NotFound)
            {
                response.EnsureSuccessStatusCode();
                return await response.Content.ReadAsByteArrayAsync(cancellationToken);
            }
        }

        return await _client.GetByteArrayAsync(addresses[^1], cancellationToken);
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

        if (root.ValueKind != JsonValueKind.Object || UnverifiedToken.TextOf(root, "issuer") != issuer)
        {
            throw new FormatException("its document names another issuer");
        }

        bool isSafe = Uri.TryCreate(UnverifiedToken.TextOf(root, "jwks_uri"), UriKind.Absolute, out Uri? keys)
            && (keys.Scheme == Uri.UriSchemeHttps || (keys.Scheme == Uri.UriSchemeHttp && keys.IsLoopback));
        return isSafe ? keys! : throw new FormatException("its document names no https address of keys ('jwks_uri')");
    }
}
