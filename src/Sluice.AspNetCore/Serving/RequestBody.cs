using System.Buffers;
using System.IO.Pipelines;

namespace Sluice.AspNetCore;

/// <summary>Reads a request's body whole, up to a bound.</summary>
internal static class RequestBody
{
    /// <summary>The largest body that is read where nothing else is set: 4 MiB.</summary>
    internal const int DefaultMaxBytes = 4 * 1024 * 1024;

    /// <summary>The body's bytes, or null when there are more than <paramref name="maxBytes"/>.</summary>
    /// <exception cref="IOException">The client broke off, or sent something that is not HTTP.</exception>
    internal static async ValueTask<byte[]?> ReadAsync(HttpRequest request, int maxBytes)
    {
        if (request.ContentLength > maxBytes)
        {
            return null;
        }

        PipeReader reader = request.BodyReader;
        while (true)
        {
            ReadResult result = await reader.ReadAsync(request.HttpContext.RequestAborted);
            ReadOnlySequence<byte> buffer = result.Buffer;
            if (buffer.Length > maxBytes)
            {
                reader.AdvanceTo(buffer.End);
                return null;
            }

            if (result.IsCompleted)
            {
                byte[] bytes = buffer.ToArray();
                reader.AdvanceTo(buffer.End);
                return bytes;
            }

            reader.AdvanceTo(buffer.Start, buffer.End);
        }
    }
}
