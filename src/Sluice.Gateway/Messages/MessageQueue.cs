using System.Threading.Channels;

namespace Sluice.Gateway;

/// <summary>
/// The messages to one client that are not sent yet, of bounded size: messages that a slow or absent client does not read are dropped.
/// </summary>
/// <remarks>Thread safety: any number of writers, one reader at a time.</remarks>
internal sealed class MessageQueue
{
    /// <summary>The most bytes that wait.</summary>
    internal const int MaxBytes = 4 * 1024 * 1024;

    private readonly Channel<QueuedMessage> _messages = Channel.CreateUnbounded<QueuedMessage>();
    private long _bytes;

    /// <summary>Adds a message.</summary>
    /// <param name="message">The message.</param>
    /// <param name="isLast">Whether nothing follows; it is accepted even when the queue is full, because a caller waits for it.</param>
    /// <returns>False when it is lost.</returns>
    internal bool TryAdd(ReadOnlyMemory<byte> message, bool isLast = false)
    {
        bool fits = Interlocked.Add(ref _bytes, message.Length) <= MaxBytes || isLast;
        if (fits && _messages.Writer.TryWrite(new QueuedMessage(message, isLast)))
        {
            return !isLast || _messages.Writer.TryComplete();
        }

        Interlocked.Add(ref _bytes, -message.Length);
        return false;
    }

    /// <summary>Says that nothing follows.</summary>
    internal void End() => _messages.Writer.TryComplete();

    /// <summary>The next message; null when nothing follows.</summary>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    internal async ValueTask<QueuedMessage?> NextAsync(CancellationToken cancellationToken)
    {
        while (await _messages.Reader.WaitToReadAsync(cancellationToken))
        {
            if (_messages.Reader.TryRead(out QueuedMessage message))
            {
                Interlocked.Add(ref _bytes, -message.Bytes.Length);
                return message;
            }
        }

        return null;
    }
}

/// <summary>A message that is not sent yet.</summary>
/// <param name="Bytes">The message, on one line.</param>
/// <param name="IsLast">Whether nothing follows.</param>
internal readonly record struct QueuedMessage(ReadOnlyMemory<byte> Bytes, bool IsLast);
