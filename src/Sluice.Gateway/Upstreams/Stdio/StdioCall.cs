namespace Sluice.Gateway;

/// <summary>A request that a process has, and what comes back for it: any number of notifications, then the answer.</summary>
/// <param name="key">The number by which the process knows it.</param>
/// <param name="id">Its id as its client wrote it.</param>
/// <param name="progressToken">Its progress token as its client wrote it; empty for none.</param>
/// <param name="owner">The session that it is of; null for none.</param>
/// <param name="canStream">Whether its client takes notifications before the answer.</param>
/// <remarks>Thread safety: any number of threads add, and one reads.</remarks>
internal sealed class StdioCall(
    long key, ReadOnlyMemory<byte> id, ReadOnlyMemory<byte> progressToken, object? owner, bool canStream)
{
    private readonly MessageQueue _messages = new();
    private volatile UpstreamFailure? _failure;
    private volatile bool _isNotWritten;

    internal long Key => key;

    internal ReadOnlyMemory<byte> Id => id;

    internal ReadOnlyMemory<byte> ProgressToken => progressToken;

    internal object? Owner => owner;

    internal bool CanStream => canStream;

    /// <summary>Why there will be no answer; or null.</summary>
    internal UpstreamFailure? Failure => _failure;

    /// <summary>Notes that the process was not given the request, so that the call cannot have run.</summary>
    internal void NotWritten() => _isNotWritten = true;

    internal bool TryNotify(ReadOnlyMemory<byte> message) => canStream && _messages.TryAdd(message);

    internal void Answer(ReadOnlyMemory<byte> message) => _messages.TryAdd(message, isLast: true);

    internal void Fail(UpstreamFailure failure)
    {
        _failure = _isNotWritten ? failure with { CanHaveRun = false } : failure;
        _messages.End();
    }

    /// <summary>The next message; null after the answer, or when there will be none.</summary>
    internal ValueTask<QueuedMessage?> NextAsync(CancellationToken cancellationToken) => _messages.NextAsync(cancellationToken);
}
