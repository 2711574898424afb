using System.IO.Pipelines;
using Microsoft.AspNetCore.Http.Features;

namespace Sluice.Gateway;

/// <summary>
/// The response to a request that a virtual server makes to a backend in this process: it passes on each message as it comes.
/// </summary>
/// <remarks>
/// <para>A body of JSON is one message. A body of server-sent events is one message for each event.</para>
/// <para>What takes the messages is awaited, so that a client who reads slowly slows its backend down and nothing piles up.</para>
/// <para>Thread safety: one writer.</para>
/// </remarks>
internal sealed class BackendResponse : Stream, IHttpResponseFeature, IHttpResponseBodyFeature
{
    private readonly MessageSplitter _messages;
    private readonly Stack<(Func<object, Task> Callback, object State)> _onStarting = new();
    private PipeWriter? _writer;
    private bool _isEvents;

    /// <param name="onMessage">Takes each message. Its bytes are valid until it has ended.</param>
    /// <param name="maxBytes">The largest message.</param>
    internal BackendResponse(Func<BackendResponse, ReadOnlyMemory<byte>, ValueTask> onMessage, int maxBytes) =>
        _messages = new MessageSplitter(message => onMessage(this, message), maxBytes);

    public int StatusCode { get; set; } = StatusCodes.Status200OK;

    public string? ReasonPhrase { get; set; }

    public IHeaderDictionary Headers { get; set; } = new HeaderDictionary();

    public bool HasStarted { get; private set; }

    /// <summary>What the gateway itself says about the request; null for a request of its own.</summary>
    internal BackendOutcome? Outcome { get; init; }

    /// <summary>What went wrong while a message was taken; null for nothing.</summary>
    internal Exception? Fault { get; private set; }

    /// <summary>The id of the last event that had one; empty for none.</summary>
    internal string LastEventId => _messages.LastEventId;

    /// <summary>After which time the server wants its client to come back, in milliseconds; null where it does not say.</summary>
    internal int? Retry => _messages.Retry;

    /// <summary>Whether a message was larger than is read.</summary>
    internal bool IsTooLarge => _messages.IsTooLarge;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    Stream IHttpResponseFeature.Body
    {
        get => this;
        set => throw new NotSupportedException();
    }

    Stream IHttpResponseBodyFeature.Stream => this;

    PipeWriter IHttpResponseBodyFeature.Writer => _writer ??= PipeWriter.Create(this, new StreamPipeWriterOptions(leaveOpen: true));

    public void OnStarting(Func<object, Task> callback, object state) => _onStarting.Push((callback, state));

    public void OnCompleted(Func<object, Task> callback, object state) => throw new NotSupportedException();

    public void DisableBuffering()
    {
        // Nothing is buffered but a message that is not complete.
    }

    public async Task StartAsync(CancellationToken cancellationToken = default)
    {
        if (HasStarted)
        {
            return;
        }

        while (_onStarting.TryPop(out (Func<object, Task> Callback, object State) next))
        {
            await next.Callback(next.State);
        }

        HasStarted = true;
        string type = Headers.ContentType.ToString();
        _isEvents = type.StartsWith(EventStream.MediaType, StringComparison.OrdinalIgnoreCase);
    }

    public async Task CompleteAsync()
    {
        await StartAsync();
        if (_writer is not null)
        {
            await _writer.FlushAsync();
        }
    }

    /// <summary>Ends the response: a body of JSON is complete now.</summary>
    internal async Task EndAsync()
    {
        await CompleteAsync();
        if (!_isEvents && Fault is null)
        {
            await _messages.EndAsync();
        }
    }

    public Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        await StartAsync(cancellationToken);
        try
        {
            if (_isEvents)
            {
                await _messages.AddEventsAsync(buffer);
            }
            else
            {
                _messages.Add(buffer.Span);
            }
        }
        catch (Exception exception)
        {
            Fault ??= exception;
            throw new IOException("A message was not taken.", exception);
        }
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task FlushAsync(CancellationToken cancellationToken) => StartAsync(cancellationToken);

    public override void Flush() => throw new NotSupportedException();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
