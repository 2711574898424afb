using System.Buffers;
using System.IO.Pipelines;

namespace Sluice.Gateway;

/// <summary>Reads a request's body whole, up to a bound.</summary>
internal static class RequestBody
{
    /// <summary>The largest body that is read: 4 MiB.</summary>
    internal const int MaxBytes = 4 * 1024 * 1024;

    /// <summary>The body's bytes, or null when there are more than <see cref="MaxBytes"/>.</summary>
    /// <exception cref="IOException">The client broke off, or sent something that is not HTTP.</exception>
    internal static async ValueTask<byte[]?> ReadAsync(HttpRequest request)
    {
        if (request.ContentLength > MaxBytes)
        {
            return null;
        }

        PipeReader reader = request.BodyReader;
        while (true)
        {
            ReadResult result = await reader.ReadAsync(request.HttpContext.RequestAborted);
            ReadOnlySequence<byte> buffer = result.Buffer;
            if (buffer.Length > MaxBytes)
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
