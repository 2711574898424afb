using System.Net.Http.Headers;
using Microsoft.Extensions.Primitives;
using Yarp.ReverseProxy.Forwarder;

namespace Sluice.Gateway;

/// <summary>What one request and its answer carry beyond YARP's own rules.</summary>
/// <param name="address">Where the server answers.</param>
/// <param name="body">The bytes that were read; null when the request has none.</param>
/// <param name="isLongStream">Whether the answer is a stream without an end of its own.</param>
/// <param name="wait">The wait for the answer.</param>
/// <param name="keepAlive">How event streams are kept open.</param>
/// <param name="ends">Ends the answer properly where it is a long stream.</param>
/// <remarks>Source: RFC 9110, section 7.6.1, for what belongs to one connection.</remarks>
internal sealed class HttpUpstreamTransformer(
    Uri address,
    byte[]? body,
    bool isLongStream,
    AnswerWait wait,
    StreamKeepAlive keepAlive,
    CancellationToken ends) : HttpTransformer
{
    // YARP leaves these to .NET's own tracing, which is off.
    private static readonly string[] Tracing = ["traceparent", "tracestate", "baggage", "Request-Id", "Correlation-Context"];

    // Of one connection, and not on YARP's list. The body has been read, so that nothing is left to expect.
    private static readonly string[] OfOneConnection = ["Expect", "HTTP2-Settings", "Trailer"];

    public override async ValueTask TransformRequestAsync(
        HttpContext httpContext, HttpRequestMessage proxyRequest, string destinationPrefix, CancellationToken cancellationToken)
    {
        await base.TransformRequestAsync(httpContext, proxyRequest, destinationPrefix, cancellationToken);
        if (body is not null)
        {
            BufferedBodies.Set(proxyRequest, body);
        }

        IHeaderDictionary incoming = httpContext.Request.Headers;
        if (isLongStream && incoming.Accept.ToString().Contains(EventStream.MediaType, StringComparison.OrdinalIgnoreCase))
        {
            QuietStreams.Mark(proxyRequest);
        }

        foreach (string name in Tracing)
        {
            if (incoming.TryGetValue(name, out StringValues values) && !proxyRequest.Headers.NonValidated.Contains(name))
            {
                proxyRequest.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values);
            }
        }

        foreach (string name in OfOneConnection)
        {
            proxyRequest.Headers.Remove(name);
        }

        foreach (string? value in incoming.Connection)
        {
            RemoveNamed(value, name => _ = proxyRequest.Headers.Remove(name) || proxyRequest.Content?.Headers.Remove(name) == true);
        }

        proxyRequest.Headers.Host = null;
        proxyRequest.RequestUri = Target(httpContext.Request.QueryString);
    }

    public override async ValueTask<bool> TransformResponseAsync(
        HttpContext httpContext, HttpResponseMessage? proxyResponse, CancellationToken cancellationToken)
    {
        if (proxyResponse is null)
        {
            return false;
        }

        wait.Answered();
        await base.TransformResponseAsync(httpContext, proxyResponse, cancellationToken);
        HttpResponse outgoing = httpContext.Response;
        outgoing.Headers.Remove("Trailer");
        if (proxyResponse.Headers.NonValidated.TryGetValues("Connection", out HeaderStringValues connection))
        {
            foreach (string value in connection)
            {
                RemoveNamed(value, name => outgoing.Headers.Remove(name));
            }
        }

        HideAddress(outgoing.Headers, "Location");
        HideAddress(outgoing.Headers, "Content-Location");
        if (outgoing.ContentType?.StartsWith(EventStream.MediaType, StringComparison.OrdinalIgnoreCase) == true)
        {
            await BeginStreamAsync(httpContext, proxyResponse, cancellationToken);
        }

        return true;
    }

    /// <summary>Sends no trailers: a server that writes them wrongly would break an answer that is complete.</summary>
    public override ValueTask TransformResponseTrailersAsync(
        HttpContext httpContext, HttpResponseMessage proxyResponse, CancellationToken cancellationToken) => default;

    /// <summary>Sends the head at once: the first event may be hours away, and YARP would wait for it.</summary>
    private async Task BeginStreamAsync(HttpContext context, HttpResponseMessage proxyResponse, CancellationToken cancellationToken)
    {
        HttpResponse outgoing = context.Response;
        outgoing.Headers["X-Accel-Buffering"] = "no";
        await outgoing.StartAsync(cancellationToken);
        await outgoing.Body.FlushAsync(cancellationToken);
        bool canHaveComments = outgoing.ContentLength is null && outgoing.Headers.ContentEncoding.ToString() is ("" or "identity");
        if (canHaveComments)
        {
            EventStreamBody.Begin(context, keepAlive);
        }

        if (ends.CanBeCanceled)
        {
            Stream stream = await proxyResponse.Content.ReadAsStreamAsync(cancellationToken);
            proxyResponse.Content = new StreamContent(new EndingStream(stream, ends));
        }
    }

    /// <summary>
    /// Leaves of an address of the server its path, and nothing of any other: clients cannot reach them, and must not know them.
    /// </summary>
    private void HideAddress(IHeaderDictionary headers, string name)
    {
        if (!headers.TryGetValue(name, out StringValues values))
        {
            return;
        }

        bool isShown = Uri.TryCreate(address, values.ToString(), out Uri? target)
            && Redirects.IsWithin(address, target)
            && (address.Query.Length < 2 || !target.Query.Contains(address.Query[1..], StringComparison.Ordinal));
        headers[name] = isShown ? target!.PathAndQuery : StringValues.Empty;
    }

    private static void RemoveNamed(string? connection, Action<string> remove)
    {
        foreach (Range token in connection.AsSpan().Split(','))
        {
            ReadOnlySpan<char> name = connection.AsSpan(token).Trim();
            bool isOption = name.IsEmpty
                || name.Equals("close", StringComparison.OrdinalIgnoreCase)
                || name.Equals("keep-alive", StringComparison.OrdinalIgnoreCase);
            if (!isOption)
            {
                remove(name.ToString());
            }
        }
    }

    private Uri Target(QueryString query) => query.HasValue
        ? new UriBuilder(address) { Query = address.Query + (address.Query.Length > 0 ? "&" : "?") + query.Value![1..] }.Uri
        : address;
}
