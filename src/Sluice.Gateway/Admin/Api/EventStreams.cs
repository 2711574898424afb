namespace Sluice.Gateway;

/// <summary>The event streams of the admin address: one event each second for all of them, made once.</summary>
/// <remarks>
/// <para>
/// At most <see cref="MaxStreams"/> are open; a further one is answered 503. A client that does not read for
/// <see cref="SlowTime"/> is disconnected. While no stream is open, nothing is made and no timer runs.
/// </para>
/// <para>Thread safety: any number of threads.</para>
/// </remarks>
/// <param name="gateway">What is shown.</param>
/// <param name="survey">The buckets.</param>
/// <param name="stopping">Ends all streams.</param>
internal sealed class EventStreams(RunningGateway gateway, BucketSurvey survey, CancellationToken stopping) : IDisposable
{
    /// <summary>The most streams at a time.</summary>
    internal const int MaxStreams = 32;

    private const int RetryAfterSeconds = 10;

    /// <summary>How long a client may take to accept an event.</summary>
    internal static readonly TimeSpan SlowTime = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private TaskCompletionSource<byte[]> _next = NewNext();
    private ITimer? _timer;
    private int _open;
    private long _rejected;
    private long _dropped;

    /// <summary>How many are open.</summary>
    internal int Open => Volatile.Read(ref _open);

    /// <summary>How many were rejected because as many as possible were open.</summary>
    internal long Rejected => Interlocked.Read(ref _rejected);

    /// <summary>How many were ended because their client did not read.</summary>
    internal long Dropped => Interlocked.Read(ref _dropped);

    /// <summary>Serves a stream until its client leaves or the gateway stops.</summary>
    internal async Task ServeAsync(HttpContext context)
    {
        if (HttpMethods.IsHead(context.Request.Method))
        {
            context.Response.ContentType = "text/event-stream"; // A stream that is never sent does not take the place of one that is.
            return;
        }

        if (!TryOpen())
        {
            Interlocked.Increment(ref _rejected);
            context.Response.Headers.RetryAfter = RetryAfterSeconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
            await ApiErrors.WriteAsync(
                context,
                StatusCodes.Status503ServiceUnavailable,
                $"{MaxStreams} event streams are open, and that is the most. Close one, or ask /api/v1/status from time to time.");
            return;
        }

        using CancellationTokenSource ends = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping);
        try
        {
            await SendAsync(context, ends.Token);
        }
        catch (OperationCanceledException) when (ends.IsCancellationRequested)
        {
            // Its client has left, or the gateway stops.
        }
        finally
        {
            Close();
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _timer?.Dispose();
            _timer = null;
        }
    }

    private static TaskCompletionSource<byte[]> NewNext() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task SendAsync(HttpContext context, CancellationToken ends)
    {
        context.Response.ContentType = "text/event-stream";
        Task<byte[]> next = Next;
        byte[] tick = await EventsResource.RenderAsync(gateway, survey, this, ends);
        while (true)
        {
            using CancellationTokenSource slow = CancellationTokenSource.CreateLinkedTokenSource(ends);
            Task written = WriteAsync(context, tick, slow.Token);
            try
            {
                await written.WaitAsync(SlowTime, gateway.Time, ends);
            }
            catch (TimeoutException)
            {
                Interlocked.Increment(ref _dropped);
                context.Abort();
                await slow.CancelAsync();
                await written.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // The response must not end while it is written.
                return;
            }

            tick = await next.WaitAsync(ends);
            next = Next;
        }
    }

    private static async Task WriteAsync(HttpContext context, byte[] tick, CancellationToken cancellationToken)
    {
        await context.Response.Body.WriteAsync(tick, cancellationToken);
        await context.Response.Body.FlushAsync(cancellationToken);
    }

    private Task<byte[]> Next
    {
        get
        {
            lock (_gate)
            {
                return _next.Task;
            }
        }
    }

    private bool TryOpen()
    {
        lock (_gate)
        {
            if (_open == MaxStreams)
            {
                return false;
            }

            _open++;
            _timer ??= gateway.Time.CreateTimer(static streams => _ = ((EventStreams)streams!).TickAsync(), this, Interval, Interval);
            return true;
        }
    }

    private void Close()
    {
        lock (_gate)
        {
            _open--;
            if (_open == 0)
            {
                _timer?.Dispose();
                _timer = null;
            }
        }
    }

    private async Task TickAsync()
    {
        TaskCompletionSource<byte[]> due;
        lock (_gate)
        {
            due = _next;
            _next = NewNext();
        }

        try
        {
            due.TrySetResult(await EventsResource.RenderAsync(gateway, survey, this, stopping));
        }
        catch (Exception exception)
        {
            due.TrySetException(exception); // The requests of the streams fail with it, and are logged.
        }
    }
}
