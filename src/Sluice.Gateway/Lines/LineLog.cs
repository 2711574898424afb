using System.Buffers;
using System.Diagnostics.Metrics;
using System.Threading.Channels;

namespace Sluice.Gateway;

/// <summary>Writes lines in the background: adding a line neither waits nor fails, even if the disk fails.</summary>
/// <remarks>
/// <para>
/// The queue is bounded. What finds it full is dropped, and so is what the sink does not take; both are counted, and the log says so once
/// until lines are written again.
/// </para>
/// <para>Thread safety: any number of threads may add.</para>
/// </remarks>
/// <typeparam name="T">An item, of which a line is made.</typeparam>
internal sealed class LineLog<T> : IAsyncDisposable
{
    private const int BatchBytes = 64 * 1_024;

    /// <summary>How long lines are collected, so that a busy gateway writes seldom.</summary>
    private static readonly TimeSpan CollectingTime = TimeSpan.FromMilliseconds(50);

    /// <summary>How long a stop waits for the disk.</summary>
    private static readonly TimeSpan StopTime = TimeSpan.FromSeconds(5);

    private readonly Channel<T> _queue;
    private readonly ILineSink _sink;
    private readonly ILineFormat<T> _format;
    private readonly LineLogSettings _settings;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly ArrayBufferWriter<byte> _line = new();
    private readonly ArrayBufferWriter<byte> _batch = new(BatchBytes);
    private readonly Task _writing;
    private long _eventsInBatch;
    private long _countedInBatch;
    private long _unwritten;
    private int _isDropping;

    /// <param name="sink">Where lines go.</param>
    /// <param name="format">How they look.</param>
    /// <param name="settings">The name of the log, its counter of drops and the bound of its queue.</param>
    /// <param name="logger">Logs drops.</param>
    internal LineLog(ILineSink sink, ILineFormat<T> format, LineLogSettings settings, ILogger logger)
    {
        _sink = sink;
        _format = format;
        _settings = settings;
        _logger = logger;
        _queue = Channel.CreateBounded<T>(new BoundedChannelOptions(settings.QueueLength) { SingleReader = true });
        _writing = Task.Run(WriteAllAsync);
    }

    /// <summary>Adds an item; false if it was dropped.</summary>
    internal bool TryAdd(in T item)
    {
        if (_queue.Writer.TryWrite(item))
        {
            return true;
        }

        Drop(_format.EventsOf(item), counted: 0, "the queue is full, since the disk is too slow");
        return false;
    }

    /// <summary>Writes what is queued, for five seconds at most.</summary>
    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await _stop.CancelAsync();
        try
        {
            await _writing.WaitAsync(StopTime);
            _sink.Dispose();
            _format.Dispose();
        }
        catch (TimeoutException)
        {
            LineLogMessages.Unfinished(_logger, _queue.Reader.Count, _settings.Name);
        }

        _stop.Dispose();
    }

    private async Task WriteAllAsync()
    {
        while (await _queue.Reader.WaitToReadAsync())
        {
            await Task.Delay(CollectingTime, TimeProvider.System, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            while (_queue.Reader.TryRead(out T? item))
            {
                _line.ResetWrittenCount();
                _format.Write(item, _line);
                Collect(_format.EventsOf(item));
            }

            Flush();
            CollectDropped();
            Flush();
        }

        CollectDropped();
        Flush();
    }

    /// <summary>Adds the line to the batch; a full batch is written first.</summary>
    private void Collect(long events)
    {
        int length = _batch.WrittenCount + _line.WrittenCount;
        if (_batch.WrittenCount > 0 && (length > BatchBytes || !_sink.HasRoomFor(length)))
        {
            Flush();
        }

        _batch.Write(_line.WrittenSpan);
        _eventsInBatch += events;
    }

    private void CollectDropped()
    {
        long unwritten = Interlocked.Exchange(ref _unwritten, 0);
        _line.ResetWrittenCount();
        if (unwritten > 0 && _format.TryWriteDropped(unwritten, _line))
        {
            Collect(unwritten);
            _countedInBatch = unwritten;
        }
    }

    private void Flush()
    {
        if (_batch.WrittenCount == 0)
        {
            return;
        }

        try
        {
            _sink.Append(_batch.WrittenSpan);
            if (Interlocked.Exchange(ref _isDropping, 0) == 1)
            {
                LineLogMessages.Resumed(_logger, _settings.Name);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Drop(_eventsInBatch, _countedInBatch, exception.Message);
        }

        if (_sink.TakeFault() is string fault)
        {
            LineLogMessages.NotRotated(_logger, _settings.Name, fault);
        }

        _batch.ResetWrittenCount();
        _eventsInBatch = 0;
        _countedInBatch = 0;
    }

    /// <summary>Drops events, of which some are counted already.</summary>
    private void Drop(long events, long counted, string reason)
    {
        _settings.Dropped.Add(events - counted);
        Interlocked.Add(ref _unwritten, events);
        if (Interlocked.Exchange(ref _isDropping, 1) == 0)
        {
            LineLogMessages.Dropped(_logger, _settings.Name, reason);
        }
    }
}

/// <summary>What a log of lines is called, counts and holds.</summary>
/// <param name="Name">Its name in messages.</param>
/// <param name="Dropped">Counts the events whose lines were dropped.</param>
/// <param name="QueueLength">How many items wait for the disk at most.</param>
internal sealed record LineLogSettings(string Name, Counter<long> Dropped, int QueueLength);

/// <summary>The messages of <see cref="LineLog{T}"/>.</summary>
internal static partial class LineLogMessages
{
    [LoggerMessage(1, LogLevel.Warning, "Lines of '{Log}' are dropped and counted: {Reason}. Calls continue.")]
    internal static partial void Dropped(ILogger logger, string log, string reason);

    [LoggerMessage(2, LogLevel.Information, "Lines of '{Log}' are written again.")]
    internal static partial void Resumed(ILogger logger, string log);

    [LoggerMessage(3, LogLevel.Warning, "The file of '{Log}' is full, and was not renamed, so it grows: {Reason}")]
    internal static partial void NotRotated(ILogger logger, string log, string reason);

    [LoggerMessage(4, LogLevel.Warning, "The gateway stops while {Count} lines of '{Log}' wait for the disk; they are dropped.")]
    internal static partial void Unfinished(ILogger logger, int count, string log);
}
