using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;
using Sluice.Mcp;

namespace Sluice.Gateway;

/// <summary>Sends requests on to one upstream over HTTP and streams the answers back, changing nothing that it need not change.</summary>
/// <remarks>
/// <para>A request is sent once: a call that may have run is never repeated.</para>
/// <para>Thread safety: any number of requests at a time.</para>
/// </remarks>
internal sealed class UpstreamForwarder : IUpstream
{
    private const int BufferBytes = 16 * 1024;
    private readonly HttpMessageInvoker _invoker;
    private readonly Uri _upstream;
    private readonly TimeSpan _timeout;
    private readonly TimeProvider _time;

    /// <param name="upstream">Where the server answers.</param>
    /// <param name="timeout">How long it may take to begin an answer.</param>
    /// <param name="time">The clock of the timeout.</param>
    internal UpstreamForwarder(Uri upstream, TimeSpan timeout, TimeProvider time)
    {
        _upstream = upstream;
        _timeout = timeout;
        _time = time;
        _invoker = new HttpMessageInvoker(new SocketsHttpHandler
        {
            ActivityHeadersPropagator = null,
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            ConnectTimeout = TimeSpan.FromSeconds(10),
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(3), // Which .NET looks at once a second; Node closes an idle connection after 5 s.
            RequestHeaderEncodingSelector = static (_, _) => Encoding.Latin1, // Every byte of a header travels as it came.
            ResponseHeaderEncodingSelector = static (_, _) => Encoding.Latin1,
            UseCookies = false,
            UseProxy = false,
        });
    }

    public Task<UpstreamFailure?> ForwardAsync(
        HttpContext context,
        byte[]? body,
        McpMessage? message,
        CallerIdentity caller,
        string? withheldHeader,
        CancellationToken ends) =>
        ForwardAsync(context, body is null ? null : new ByteArrayContent(body), withheldHeader, ends);

    /// <summary>Sends a request on, whose body may still be on its way, and the answer back.</summary>
    internal async Task<UpstreamFailure?> ForwardAsync(
        HttpContext context, HttpContent? body, string? withheldHeader, CancellationToken ends)
    {
        using HttpRequestMessage request = BuildRequest(context.Request, body, withheldHeader);
        using CancellationTokenSource late = new(_timeout, _time);
        using CancellationTokenSource given = CancellationTokenSource.CreateLinkedTokenSource(late.Token, context.RequestAborted);
        HttpResponseMessage response;
        try
        {
            response = await _invoker.SendAsync(request, given.Token);
        }
        catch (HttpRequestException exception)
        {
            return UpstreamFailure.From(exception);
        }
        catch (OperationCanceledException) when (!context.RequestAborted.IsCancellationRequested)
        {
            return late.IsCancellationRequested ? UpstreamFailure.TooLate : UpstreamFailure.NotConnected;
        }

        using (response)
        {
            await CopyResponseAsync(context, response, ends);
        }

        return null;
    }

    public ValueTask DisposeAsync()
    {
        _invoker.Dispose();
        return ValueTask.CompletedTask;
    }

    private HttpRequestMessage BuildRequest(HttpRequest incoming, HttpContent? body, string? withheldHeader)
    {
        HttpRequestMessage request = new(HttpMethod.Parse(incoming.Method), Target(incoming.QueryString))
        {
            Version = HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionOrHigher,
            Content = body,
        };
        StringValues connection = incoming.Headers.Connection;
        foreach ((string name, StringValues values) in incoming.Headers)
        {
            bool stays = HopByHopHeaders.Contains(name, connection)
                || name.Equals("Host", StringComparison.OrdinalIgnoreCase)
                || name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase)
                || name.Equals(withheldHeader, StringComparison.OrdinalIgnoreCase);
            if (!stays && !request.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values))
            {
                request.Content?.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values);
            }
        }

        return request;
    }

    private Uri Target(QueryString query) => query.HasValue
        ? new UriBuilder(_upstream) { Query = _upstream.Query + (_upstream.Query.Length > 0 ? "&" : "?") + query.Value![1..] }.Uri
        : _upstream;

    private static async Task CopyResponseAsync(
        HttpContext context, HttpResponseMessage response, CancellationToken ends)
    {
        HttpResponse outgoing = context.Response;
        outgoing.StatusCode = (int)response.StatusCode;
        CopyHeaders(response, outgoing);
        bool isStream = outgoing.ContentType?.StartsWith("text/event-stream", StringComparison.OrdinalIgnoreCase) == true;
        if (isStream)
        {
            outgoing.Headers["X-Accel-Buffering"] = "no";
            context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        }

        CancellationToken clientGone = context.RequestAborted;
        using CancellationTokenSource ended = CancellationTokenSource.CreateLinkedTokenSource(clientGone, ends);
        try
        {
            await outgoing.StartAsync(clientGone);
            if (isStream)
            {
                await outgoing.BodyWriter.FlushAsync(clientGone); // The client waits for the head, and the first event may be far off.
            }

            await using Stream stream = await response.Content.ReadAsStreamAsync(clientGone);
            while (await CopyNextAsync(stream, outgoing.BodyWriter, ended.Token, clientGone))
            {
            }
        }
        catch (OperationCanceledException) when (ends.IsCancellationRequested && !clientGone.IsCancellationRequested)
        {
            return; // The stream ends here, properly; its client may resume it elsewhere.
        }
        catch (Exception exception) when (exception is IOException or HttpRequestException)
        {
            // The status is already on the wire: an aborted connection is the only way left to say that this is not the end.
            throw new UpstreamBrokeOffException(exception);
        }
    }

    /// <summary>Copies what comes next, and flushes it.</summary>
    /// <returns>False at the end.</returns>
    private static async ValueTask<bool> CopyNextAsync(
        Stream from, PipeWriter to, CancellationToken ended, CancellationToken clientGone)
    {
        _ = await from.ReadAsync(Memory<byte>.Empty, ended); // Waits for as long as it takes without holding a buffer.
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            int read = await from.ReadAsync(buffer, ended);
            if (read > 0)
            {
                await to.WriteAsync(buffer.AsMemory(0, read), clientGone);
            }

            return read > 0;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static void CopyHeaders(HttpResponseMessage response, HttpResponse outgoing)
    {
        StringValues connection = response.Headers.NonValidated.TryGetValues("Connection", out HeaderStringValues named)
            ? new StringValues([.. named])
            : StringValues.Empty;
        foreach ((string name, HeaderStringValues values) in response.Headers.NonValidated.Concat(response.Content.Headers.NonValidated))
        {
            if (!HopByHopHeaders.Contains(name, connection))
            {
                outgoing.Headers[name] = new StringValues([.. values]);
            }
        }
    }
}
