using System.Net.Http.Headers;

namespace Sluice.Gateway;

/// <summary>Gives each request the bytes that were read, in place of the content with which YARP would copy what is left to read.</summary>
/// <remarks>YARP does not let a transform replace the content. A content of bytes can also be sent again after a redirect.</remarks>
internal sealed class BufferedBodies(HttpMessageHandler inner) : DelegatingHandler(inner)
{
    private static readonly HttpRequestOptionsKey<byte[]> Body = new("Sluice.Body");

    /// <summary>Sets what a request's body is. A request for which nothing is set has none.</summary>
    internal static void Set(HttpRequestMessage request, byte[] body) => request.Options.Set(Body, body);

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        HttpContent? copying = request.Content;
        request.Content = null;
        if (request.Options.TryGetValue(Body, out byte[]? body))
        {
            request.Content = new ByteArrayContent(body);
            if (copying is not null)
            {
                CopyHeaders(copying.Headers, request.Content.Headers);
            }
        }

        return base.SendAsync(request, cancellationToken);
    }

    private static void CopyHeaders(HttpContentHeaders from, HttpContentHeaders to)
    {
        foreach ((string name, HeaderStringValues values) in from.NonValidated)
        {
            if (!name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase))
            {
                to.TryAddWithoutValidation(name, values.Count == 1 ? [values.ToString()] : values);
            }
        }
    }
}
