using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;

namespace Sluice.Gateway;

/// <summary>A response that is a stream of server-sent events, a message each.</summary>
/// <remarks>Source: WHATWG HTML, section 9.2, Server-sent events; Model Context Protocol, revision 2025-11-25, Transports.</remarks>
internal static class EventStream
{
    internal const string MediaType = "text/event-stream";

    /// <summary>Whether a client takes a media type: because it says so, or says nothing.</summary>
    internal static bool IsAccepted(HttpRequest request, string mediaType)
    {
        MediaTypeHeaderValue wanted = new(mediaType);
        IList<MediaTypeHeaderValue> accepted = request.GetTypedHeaders().Accept;
        return accepted.Count == 0 || accepted.Any(type => type.Quality is null or > 0 && wanted.IsSubsetOf(type));
    }

    /// <summary>Whether a response is a stream of events.</summary>
    internal static bool Is(HttpResponse response) =>
        response.ContentType?.StartsWith(MediaType, StringComparison.OrdinalIgnoreCase) == true;

    /// <summary>Ends an event that may have been sent in part.</summary>
    internal static Task EndEventAsync(HttpContext context) =>
        context.Response.Body.WriteAsync("\n\n"u8.ToArray(), CancellationToken.None).AsTask();

    /// <summary>Begins the stream: its headers are sent at once, and comments while there are no messages.</summary>
    internal static async Task StartAsync(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status200OK;
        context.Response.ContentType = MediaType;
        context.Response.Headers.CacheControl = "no-cache";
        context.Response.Headers["X-Accel-Buffering"] = "no";
        context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        await context.Response.Body.FlushAsync(context.RequestAborted);
        if (context.Features.Get<StreamKeepAlive>() is StreamKeepAlive keepAlive)
        {
            EventStreamBody.Begin(context, keepAlive);
        }
    }

    /// <summary>Sends a message that has no line breaks.</summary>
    internal static Task WriteAsync(HttpContext context, ReadOnlyMemory<byte> message)
    {
        byte[] written = [.. "event: message\ndata: "u8, .. message.Span, .. "\n\n"u8];
        return context.Response.Body.WriteAsync(written, CancellationToken.None).AsTask();
    }
}
