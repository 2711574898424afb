namespace Sluice.Gateway;

/// <summary>
/// The body of an event stream. While nothing is sent it sends comments, so that the client, and every proxy on the way, knows that
/// the stream is open, and a client that is gone is noticed. A client that takes nothing is disconnected.
/// </summary>
/// <remarks>
/// <para>A comment is sent between events only, with the line ends that the stream has.</para>
/// <para>Thread safety: one writer; the comments come from a timer.</para>
/// <para>Source: WHATWG HTML, section 9.2.6 and 9.2.7, Server-sent events.</para>
/// </remarks>
internal sealed class EventStreamBody : Stream
{
    private readonly Stream _client;
    private readonly HttpContext _context;
    private readonly StreamKeepAlive _settings;
    private readonly SemaphoreSlim _writing = new(1, 1);
    private readonly ITimer _timer;
    private long _lastSentTimestamp;
    private long _writeTimestamp; // 0 while nothing is being written.
    private uint _lastBytes;
    private bool _hasEvents;
    private bool _hasComment;

    private EventStreamBody(HttpContext context, StreamKeepAlive settings)
    {
        _context = context;
        _client = context.Response.Body;
        _settings = settings;
        _lastSentTimestamp = settings.Time.GetTimestamp();
        _timer = settings.Time.CreateTimer(
            static body => ((EventStreamBody)body!).Look(), this, StreamKeepAlive.FirstComment, Timeout.InfiniteTimeSpan);
    }

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    private bool IsBetweenEvents => !_hasEvents
        || (ushort)_lastBytes is 0x0A0A or 0x0D0D
        || (_lastBytes & 0xFFFFFF) == 0x0A0D0A;

    private ReadOnlyMemory<byte> Comment => (ushort)_lastBytes switch
    {
        0x0D0A => ": keep-alive\r\n\r\n"u8.ToArray(),
        0x0D0D => ": keep-alive\r\r"u8.ToArray(),
        _ => ": keep-alive\n\n"u8.ToArray(),
    };

    /// <summary>Makes the body of a response an event stream's. Its head has been sent.</summary>
    internal static EventStreamBody Begin(HttpContext context, StreamKeepAlive settings)
    {
        EventStreamBody body = new(context, settings);
        context.Response.Body = body;
        return body;
    }

    /// <summary>Ends the comments where the body of a response is an event stream's.</summary>
    internal static ValueTask EndAsync(HttpContext context) =>
        context.Response.Body is EventStreamBody body ? body.DisposeAsync() : ValueTask.CompletedTask;

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        await _writing.WaitAsync(cancellationToken);
        try
        {
            if (_hasComment && !_hasEvents && buffer.Span.StartsWith("\uFEFF"u8))
            {
                buffer = buffer[3..]; // A byte order mark is allowed at the start of the stream only, and the start has been sent.
            }

            await SendAsync(buffer, cancellationToken);
            _hasEvents |= buffer.Length > 0;
            foreach (byte value in buffer.Span[Math.Max(0, buffer.Length - sizeof(uint))..])
            {
                _lastBytes = (_lastBytes << 8) | value;
            }
        }
        finally
        {
            _writing.Release();
        }
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task FlushAsync(CancellationToken cancellationToken) => _client.FlushAsync(cancellationToken);

    public override void Flush() => throw new NotSupportedException();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <summary>Ends the comments. What is still to be written goes to the response's own body again.</summary>
    public override async ValueTask DisposeAsync()
    {
        await _writing.WaitAsync(); // And it is not released, so that no comment follows.
        await _timer.DisposeAsync();
        _context.Response.Body = _client;
        await base.DisposeAsync();
    }

    private async Task SendAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken)
    {
        Volatile.Write(ref _writeTimestamp, _settings.Time.GetTimestamp());
        try
        {
            await _client.WriteAsync(buffer, cancellationToken);
        }
        finally
        {
            Volatile.Write(ref _lastSentTimestamp, _settings.Time.GetTimestamp());
            Volatile.Write(ref _writeTimestamp, 0);
        }
    }

    /// <summary>Looks whether a comment is due, or a write has taken too long, and when to look again.</summary>
    private void Look()
    {
        long writing = Volatile.Read(ref _writeTimestamp);
        bool isWriting = writing != 0;
        TimeSpan due = isWriting ? StreamKeepAlive.LongestWrite
            : _hasEvents || _hasComment ? _settings.Interval
            : StreamKeepAlive.FirstComment;
        TimeSpan left = due - _settings.Time.GetElapsedTime(isWriting ? writing : Volatile.Read(ref _lastSentTimestamp));
        if (left > TimeSpan.Zero)
        {
            LookAfter(left);
        }
        else if (isWriting && _context.Features.Get<BackendOutcome>() is not null)
        {
            LookAfter(StreamKeepAlive.LongestWrite); // A virtual server takes the events when its client does, whose own stream is watched.
        }
        else if (isWriting)
        {
            _context.Abort();
        }
        else if (_writing.Wait(0))
        {
            _ = CommentAsync();
        }
        else
        {
            LookAfter(_settings.Interval);
        }
    }

    private async Task CommentAsync()
    {
        try
        {
            if (IsBetweenEvents)
            {
                LookAfter(StreamKeepAlive.LongestWrite); // The comment may be what the client does not take.
                await SendAsync(Comment, CancellationToken.None);
                _hasComment = true;
            }
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException)
        {
            _context.Abort(); // The client is gone; this tells the sender of the events.
        }
        finally
        {
            LookAfter(_settings.Interval);
            _writing.Release();
        }
    }

    // No later than that, so that a write which stalls in between is noticed in time.
    private void LookAfter(TimeSpan time) =>
        _timer.Change(time < StreamKeepAlive.LongestWrite ? time : StreamKeepAlive.LongestWrite, Timeout.InfiniteTimeSpan);
}
