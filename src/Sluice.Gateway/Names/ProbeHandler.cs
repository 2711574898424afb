using System.Net;

namespace Sluice.Gateway;

/// <summary>Remembers the status of the last answer that was an error, and bounds how much is read of all answers together.</summary>
/// <param name="inner">Sends the requests.</param>
/// <param name="maxBytes">The most bytes of all answers together.</param>
internal sealed class ProbeHandler(HttpMessageHandler inner, long maxBytes) : DelegatingHandler(inner)
{
    private long _left = maxBytes;
    private int _status;

    /// <summary>The status of the last answer that was an error; null when there was none.</summary>
    internal HttpStatusCode? ErrorStatus => Volatile.Read(ref _status) is int status and > 0 ? (HttpStatusCode)status : null;

    /// <summary>Whether the answers were larger than is read.</summary>
    internal bool IsOverBound => Volatile.Read(ref _left) < 0;

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        HttpResponseMessage response = await base.SendAsync(request, cancellationToken);
        if ((int)response.StatusCode >= 400)
        {
            Volatile.Write(ref _status, (int)response.StatusCode);
        }

        HttpContent unbounded = response.Content;
        StreamContent bounded = new(new CountedStream(await unbounded.ReadAsStreamAsync(cancellationToken), this));
        foreach ((string name, System.Net.Http.Headers.HeaderStringValues values) in unbounded.Headers.NonValidated)
        {
            bounded.Headers.TryAddWithoutValidation(name, values);
        }

        response.Content = bounded;
        return response;
    }

    private sealed class CountedStream(Stream inner, ProbeHandler handler) : ReadOnlyStream(inner)
    {
        private readonly Stream _inner = inner;

        /// <exception cref="IOException">Too much has been read.</exception>
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            int read = await _inner.ReadAsync(buffer, cancellationToken);
            return Interlocked.Add(ref handler._left, -read) < 0 ? throw new IOException("The answers are too large.") : read;
        }
    }
}
