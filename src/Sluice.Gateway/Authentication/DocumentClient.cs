using System.Net;

namespace Sluice.Gateway;

/// <summary>Gets documents of a bounded size, in a bounded time, from the very address that is asked.</summary>
/// <remarks>
/// <para>It follows no redirects: an address that another server names is never asked.</para>
/// <para>Thread safety: any number of threads.</para>
/// </remarks>
internal sealed class DocumentClient : IDisposable
{
    private const int MaxDocumentBytes = 512 * 1024;
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);
    private readonly HttpClient _client;
    private readonly TimeProvider _time;

    /// <param name="time">The clock of the timeout.</param>
    internal DocumentClient(TimeProvider time)
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
            Timeout = System.Threading.Timeout.InfiniteTimeSpan, // The gateway's own clock bounds the time.
        };
    }

    /// <summary>The document at an address; null when there is none (404).</summary>
    /// <exception cref="HttpRequestException">There was no good answer, or it has more than 512 KiB.</exception>
    /// <exception cref="OperationCanceledException">There was no answer within 10 s, or the token was cancelled.</exception>
    internal async Task<byte[]?> GetAsync(Uri address, CancellationToken cancellationToken)
    {
        using CancellationTokenSource late = new(Timeout, _time);
        using CancellationTokenSource given = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        using HttpResponseMessage response = await _client.GetAsync(address, given.Token);
        if (response.StatusCode == HttpStatusCode.NotFound)
        {
            return null;
        }

        response.EnsureSuccessStatusCode();
        return await response.Content.ReadAsByteArrayAsync(given.Token);
    }

    public void Dispose() => _client.Dispose();
}
