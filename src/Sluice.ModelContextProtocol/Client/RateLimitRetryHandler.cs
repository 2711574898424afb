using System.Net;

namespace Sluice.ModelContextProtocol;

/// <summary>Waits and tries again when an MCP server, or the gateway in front of it, refuses a call over HTTP.</summary>
/// <remarks>
/// <para>
/// For the <see cref="HttpClient"/> of a client's transport. It honours only what says for certain that the call was not made:
/// a JSON-RPC error with <c>data.limit</c> and <c>data.retryAfterMs</c> (or the code 503), under a <c>Retry-After</c> header,
/// with the status 200, 429 or 503. A time-out, a lost connection, a 502 and every other 429 are handed on as they came: such a
/// call may have run.
/// </para>
/// <para>Thread safety: any number of threads.</para>
/// </remarks>
public sealed class RateLimitRetryHandler : DelegatingHandler
{
    private const int MaxRefusalBytes = 64 * 1024;
    private readonly RateLimitRetryOptions _options;

    /// <summary>A handler that waits as the options say.</summary>
    /// <param name="options">How to wait; null for the defaults.</param>
    public RateLimitRetryHandler(RateLimitRetryOptions? options = null) => _options = options ?? new RateLimitRetryOptions();

    /// <summary>A handler in front of another.</summary>
    /// <param name="innerHandler">What sends.</param>
    /// <param name="options">How to wait; null for the defaults.</param>
    /// <exception cref="ArgumentNullException"><paramref name="innerHandler"/> is null.</exception>
    public RateLimitRetryHandler(HttpMessageHandler innerHandler, RateLimitRetryOptions? options = null)
        : base(innerHandler) => _options = options ?? new RateLimitRetryOptions();

    /// <inheritdoc/>
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (request.Method != HttpMethod.Post)
        {
            return await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
        }

        // So that it can be sent a second time.
        if (request.Content is not null)
        {
            await request.Content.LoadIntoBufferAsync(cancellationToken).ConfigureAwait(false);
        }

        RetryBudget budget = new(_options);
        while (true)
        {
            HttpResponseMessage response = await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
            bool again = false;
            try
            {
                again = await WaitOfAsync(response, cancellationToken).ConfigureAwait(false) is TimeSpan wait
                    && await budget.TryWaitAsync(wait, cancellationToken).ConfigureAwait(false);
            }
            catch
            {
                response.Dispose();
                throw;
            }

            if (!again)
            {
                return response;
            }

            response.Dispose();
        }
    }

    private static async ValueTask<TimeSpan?> WaitOfAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        bool mayBeRefusal = response.StatusCode is HttpStatusCode.OK or HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable
            && response.Headers.RetryAfter is not null
            && response.Content.Headers.ContentLength is > 0 and <= MaxRefusalBytes;
        if (!mayBeRefusal)
        {
            return null;
        }

        await response.Content.LoadIntoBufferAsync(MaxRefusalBytes, cancellationToken).ConfigureAwait(false);
        return RefusalReader.WaitOf(await response.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false));
    }
}
