using System.Net;
using System.Net.Http.Headers;

namespace Sluice.Gateway;

/// <summary>
/// Begins the answer to a long stream whose server does not: some send no head before the first event, which may be hours away,
/// and until then neither the client nor a proxy in front knows that the stream is open.
/// </summary>
/// <remarks>
/// When a server answers late and not by a stream, the stream is cut. The client opens another, and gets the answer as it is
/// if the server gives it sooner.
/// </remarks>
internal sealed class QuietStreams(HttpMessageHandler inner, TimeProvider time) : DelegatingHandler(inner)
{
    private static readonly HttpRequestOptionsKey<bool> IsLongStream = new("Sluice.IsLongStream");

    /// <summary>How long a server has for an answer of its own, such as 405 where it has no such stream.</summary>
    internal static TimeSpan Grace { get; } = TimeSpan.FromSeconds(1);

    /// <summary>Marks a request as one whose answer is a long stream.</summary>
    internal static void Mark(HttpRequestMessage request) => request.Options.Set(IsLongStream, true);

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        request.Options.TryGetValue(IsLongStream, out bool isLong) && isLong
            ? WaitAsync(request, cancellationToken)
            : base.SendAsync(request, cancellationToken);

    private async Task<HttpResponseMessage> WaitAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        CancellationTokenSource leave = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task<HttpResponseMessage> answering = base.SendAsync(request, leave.Token);
        using (CancellationTokenSource answered = new())
        {
            if (await Task.WhenAny(answering, Task.Delay(Grace, time, answered.Token)) == answering)
            {
                await answered.CancelAsync();
                leave.Dispose();
                return await answering;
            }
        }

        StreamContent content = new(new LateStream(new LateAnswer(answering, leave)));
        content.Headers.ContentType = new MediaTypeHeaderValue(EventStream.MediaType);
        return new HttpResponseMessage(HttpStatusCode.OK)
        {
            Content = content,
            Headers = { CacheControl = new CacheControlHeaderValue { NoCache = true } },
        };
    }

    /// <summary>An answer that may still come; it is not awaited any more once this is disposed of.</summary>
    private sealed class LateAnswer(Task<HttpResponseMessage> answering, CancellationTokenSource leave) : IDisposable
    {
        /// <exception cref="IOException">The answer is not a stream.</exception>
        internal async Task<Stream> OpenAsync(CancellationToken cancellationToken)
        {
            HttpResponseMessage response = await answering.WaitAsync(cancellationToken);
            if (response.StatusCode != HttpStatusCode.OK || response.Content.Headers.ContentType?.MediaType != EventStream.MediaType)
            {
                throw new IOException($"It answered late, and not by an event stream but by the status {(int)response.StatusCode}.");
            }

            return await response.Content.ReadAsStreamAsync(cancellationToken);
        }

        public void Dispose()
        {
            leave.Cancel();
            _ = answering.ContinueWith(
                (answer, _) =>
                {
                    leave.Dispose();
                    if (answer.IsCompletedSuccessfully)
                    {
                        answer.Result.Dispose();
                    }
                },
                state: null,
                TaskScheduler.Default);
        }
    }

    private sealed class LateStream(LateAnswer answer) : ReadOnlyStream(answer)
    {
        private readonly LateAnswer _answer = answer;
        private Stream? _stream;

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            _stream ??= await _answer.OpenAsync(cancellationToken);
            return await _stream.ReadAsync(buffer, cancellationToken);
        }
    }
}
