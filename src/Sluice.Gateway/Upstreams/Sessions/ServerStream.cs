namespace Sluice.Gateway;

/// <summary>The messages of a server to one session that answer no request, and the one response that carries them.</summary>
/// <remarks>Thread safety: every member may be called from any thread.</remarks>
internal sealed class ServerStream
{
    private readonly MessageQueue _messages = new();
    private readonly Lock _gate = new();
    private CancellationTokenSource? _current;

    internal bool IsOpen
    {
        get
        {
            lock (_gate)
            {
                return _current is not null;
            }
        }
    }

    /// <summary>Adds a message, for now or for when the client opens the stream.</summary>
    /// <returns>False when it is lost.</returns>
    internal bool TryAdd(ReadOnlyMemory<byte> message) => _messages.TryAdd(message);

    /// <summary>Says that nothing follows.</summary>
    internal void End() => _messages.End();

    /// <summary>Sends what there is and what comes, until the client leaves, opens another stream, or nothing follows.</summary>
    internal async Task SendAsync(HttpContext context, CancellationToken ends)
    {
        CancellationTokenSource mine = new(); // Not disposed: another request may still cancel it, and it has no timer.
        using CancellationTokenSource ended =
            CancellationTokenSource.CreateLinkedTokenSource(mine.Token, context.RequestAborted, ends);
        CancellationTokenSource? before;
        lock (_gate)
        {
            (before, _current) = (_current, mine);
        }

        try
        {
            if (before is not null)
            {
                await before.CancelAsync(); // A client that comes again has often lost the stream that it had.
            }

            await EventStream.StartAsync(context);
            while (await _messages.NextAsync(ended.Token) is QueuedMessage message)
            {
                await EventStream.WriteAsync(context, message.Bytes);
            }
        }
        catch (OperationCanceledException) when (!context.RequestAborted.IsCancellationRequested)
        {
            // The stream ends here, properly: it has lasted long enough, the gateway stops, or the client has another.
        }
        finally
        {
            lock (_gate)
            {
                _current = ReferenceEquals(_current, mine) ? null : _current;
            }
        }
    }
}
