using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Net.Http.Headers;

namespace Sluice.ModelContextProtocol;

/// <summary>Waits and tries again when an MCP server, or the gateway in front of it, rejects a call over HTTP.</summary>
/// <remarks>
/// <para>
/// For the <see cref="HttpClient"/> of a client's transport. It honours only what says for certain that the call was not made:
/// a JSON-RPC error with <c>data.limit</c> and <c>data.retryAfterMs</c> (or the code 503), under a <c>Retry-After</c> header,
/// with the status 200, 429 or 503. Only such answers are read before they are handed on, up to 64 KiB; an event stream is not,
/// unless its <c>Content-Length</c> says that it is short. A time-out, a lost connection, a 502 and every other 429 are handed on as they
/// came: such a call may have run.
/// </para>
/// <para>Thread safety: any number of threads.</para>
/// </remarks>
public sealed class RateLimitRetryHandler : DelegatingHandler
{
    private const int MaxRejectionBytes = 64 * 1024;
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
        if (!MayBeRejection(response))
        {
            return null;
        }

        // Read up to the bound, whatever the framing is, and without consuming: the reader's stream gives everything again.
        PipeReader reader = PipeReader.Create(await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false));
        ReadResult body;
        try
        {
            body = await reader.ReadAtLeastAsync(MaxRejectionBytes + 1, cancellationToken).ConfigureAwait(false);
        }
        catch (IOException exception)
        {
            throw new HttpRequestException(
                HttpRequestError.ResponseEnded, "The body of the answer ended early.", exception, response.StatusCode);
        }

        TimeSpan? wait = body.Buffer.Length <= MaxRejectionBytes ? RejectionReader.WaitOf(body.Buffer.ToArray()) : null;
        reader.AdvanceTo(body.Buffer.Start);
        StreamContent content = new(reader.AsStream());
        foreach (KeyValuePair<string, HeaderStringValues> header in response.Content.Headers.NonValidated)
        {
            content.Headers.TryAddWithoutValidation(header.Key, header.Value);
        }

        response.Content = content;
        return wait;
    }

    /// <summary>Whether the head of an answer allows a rejection; an event stream is one only where its length says that it ends.</summary>
    private static bool MayBeRejection(HttpResponseMessage response)
    {
        HttpContentHeaders headers = response.Content.Headers;
        bool isStream = string.Equals(headers.ContentType?.MediaType, "text/event-stream", StringComparison.OrdinalIgnoreCase);
        return response.StatusCode is HttpStatusCode.OK or HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable
            && response.Headers.RetryAfter is not null
            && (headers.ContentLength is long length ? length is > 0 and <= MaxRejectionBytes : !isStream);
    }
}
