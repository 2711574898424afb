using Sluice.Mcp;

namespace Sluice.AspNetCore;

/// <summary>Passes the body of an answer on as it comes, and tells the call when the answer is complete.</summary>
/// <param name="inner">Where the body goes.</param>
/// <param name="response">The response.</param>
/// <param name="call">The call.</param>
internal sealed class WatchedBody(Stream inner, HttpResponse response, ChargedCall call) : Stream
{
    private AnswerScanner? _scanner;
    private bool _isWatching = true;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override void Flush() => inner.Flush();

    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

    public override void Write(byte[] buffer, int offset, int count)
    {
        ValueTask refund = WatchAsync(buffer.AsSpan(offset, count));
        if (!refund.IsCompletedSuccessfully)
        {
            refund.AsTask().GetAwaiter().GetResult();
        }

        inner.Write(buffer, offset, count);
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ValueTask refund = WatchAsync(buffer.Span);
        return refund.IsCompletedSuccessfully
            ? inner.WriteAsync(buffer, cancellationToken)
            : AwaitAsync(refund, buffer, cancellationToken);
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    private async ValueTask AwaitAsync(ValueTask refund, ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken)
    {
        await refund;
        await inner.WriteAsync(buffer, cancellationToken);
    }

    /// <summary>
    /// Looks at what is about to be sent; the refund and the release come first, so that the client's next call finds them.
    /// </summary>
    private ValueTask WatchAsync(ReadOnlySpan<byte> bytes)
    {
        if (!_isWatching || bytes.IsEmpty)
        {
            return ValueTask.CompletedTask;
        }

        _scanner ??= CreateScanner();
        if (_scanner is null)
        {
            _isWatching = false;
            return ValueTask.CompletedTask;
        }

        _scanner.Read(bytes);
        _isWatching = !_scanner.HasEnded;
        return _isWatching ? ValueTask.CompletedTask : call.AnsweredAsync(_scanner.IsInputRequired);
    }

    private AnswerScanner? CreateScanner()
    {
        bool isReadable = response.StatusCode == StatusCodes.Status200OK && response.Headers.ContentEncoding.Count == 0;
        ReadOnlySpan<char> type = isReadable ? response.ContentType.AsSpan() : default;
        int parameters = type.IndexOf(';');
        type = (parameters < 0 ? type : type[..parameters]).Trim();
        return type.Equals("application/json", StringComparison.OrdinalIgnoreCase) ? new AnswerScanner(isEventStream: false)
            : type.Equals("text/event-stream", StringComparison.OrdinalIgnoreCase) ? new AnswerScanner(isEventStream: true)
            : null;
    }
}
