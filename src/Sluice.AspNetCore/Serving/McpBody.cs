using Sluice.Mcp;

namespace Sluice.AspNetCore;

/// <summary>Reads a POST as one message of MCP, or answers why it is not one.</summary>
internal static class McpBody
{
    /// <summary>The body and its message, or null when the request has been answered.</summary>
    /// <param name="context">The request.</param>
    /// <param name="maxBytes">The largest body that is read.</param>
    /// <exception cref="IOException">The client broke off, or sent something that is not HTTP.</exception>
    internal static async ValueTask<(byte[] Body, McpMessage Message)?> ReadAsync(HttpContext context, int maxBytes)
    {
        HttpRequest request = context.Request;
        Rejection? rejection;
        if (WhyUnsupported(request.Headers) is string unsupported)
        {
            rejection = McpRejections.RenderError(
                StatusCodes.Status415UnsupportedMediaType, McpReadError.InvalidRequest, unsupported, id: default);
        }
        else if (await RequestBody.ReadAsync(request, maxBytes) is not byte[] body)
        {
            rejection = McpRejections.RenderError(
                StatusCodes.Status413PayloadTooLarge,
                McpReadError.InvalidRequest,
                $"The body is larger than {maxBytes} bytes.",
                id: default);
        }
        else if (McpReader.TryRead(body, out McpMessage? message, out McpReadError? error))
        {
            return (body, message);
        }
        else
        {
            rejection = McpRejections.Render(error);
        }

        await RejectionWriter.WriteAsync(context, rejection);
        return null;
    }

    private static string? WhyUnsupported(IHeaderDictionary headers) =>
        string.IsNullOrWhiteSpace(headers.ContentType.ToString()) ? "The request has no Content-Type. Send application/json in UTF-8."
            : !McpReader.IsJson(headers.ContentType.ToString())
                ? $"The Content-Type {HeaderText.Quote(headers.ContentType.ToString())} is not supported. Send application/json in UTF-8."
            : headers.ContentEncoding.Count > 0
                ? $"The Content-Encoding {HeaderText.Quote(headers.ContentEncoding.ToString())} is not supported. "
                    + "Send the body without one."
            : null;
}
