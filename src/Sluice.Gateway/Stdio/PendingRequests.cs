namespace Sluice.Gateway;

/// <summary>The requests of one client that have no answer yet.</summary>
/// <remarks>Thread safety: every member may be called from any thread.</remarks>
internal sealed class PendingRequests
{
    private readonly Lock _gate = new();
    private readonly Dictionary<RequestId, Queue<ReadOnlyMemory<byte>>> _requests = [];
    private readonly UnattributedAnswers<RequestId> _unattributed = new();
    private TaskCompletionSource? _empty;
    private bool _isClosed;

    /// <summary>Whether requests are no longer accepted.</summary>
    internal bool IsClosed
    {
        get
        {
            lock (_gate)
            {
                return _isClosed;
            }
        }
    }

    /// <summary>The only request that is pending; null when there are others, or none.</summary>
    internal ReadOnlyMemory<byte>? Single
    {
        get
        {
            lock (_gate)
            {
                return _requests.Count == 1 && _requests.Values.Single() is { Count: 1 } only ? only.Peek() : null;
            }
        }
    }

    /// <summary>Adds a request.</summary>
    /// <param name="id">Its id as its client wrote it; a client that uses an id twice gets an answer for each.</param>
    /// <returns>False when requests are no longer accepted.</returns>
    internal bool TryAdd(ReadOnlyMemory<byte> id)
    {
        lock (_gate)
        {
            if (_isClosed)
            {
                return false;
            }

            if (RequestId.Read(id.Span) is not RequestId key)
            {
                return true; // An exponent of 19 digits; no server repeats such an id by its value.
            }

            if (!_requests.TryGetValue(key, out Queue<ReadOnlyMemory<byte>>? written))
            {
                _requests[key] = written = new Queue<ReadOnlyMemory<byte>>();
            }

            written.Enqueue(id);
            return true;
        }
    }

    /// <summary>Removes a request that is answered, or cancelled.</summary>
    /// <param name="id">Its id, in any spelling.</param>
    /// <param name="failed">The requests that will not be answered any more, as is clear now; they are removed too.</param>
    /// <returns>Its id as its client wrote it; null when no request has it.</returns>
    internal ReadOnlyMemory<byte>? Remove(ReadOnlySpan<byte> id, out IReadOnlyList<ReadOnlyMemory<byte>> failed)
    {
        failed = [];
        lock (_gate)
        {
            if (FindLocked(id) is not RequestId key)
            {
                return null;
            }

            ReadOnlyMemory<byte> written = RemoveLocked(key);
            if (!_requests.ContainsKey(key))
            {
                failed = [.. _unattributed.Remove(key).Select(RemoveLocked)];
            }

            SignalLocked();
            return written;
        }
    }

    /// <summary>Records an answer that does not say which request it is for.</summary>
    /// <returns>The requests that will not be answered any more, as is clear now; they are removed.</returns>
    internal IReadOnlyList<ReadOnlyMemory<byte>> AddUnattributed()
    {
        lock (_gate)
        {
            ReadOnlyMemory<byte>[] failed = [.. _unattributed.Add(_requests.Keys).Select(RemoveLocked)];
            SignalLocked();
            return failed;
        }
    }

    /// <summary>Accepts no further requests; those that are pending stay so.</summary>
    internal void StopAccepting()
    {
        lock (_gate)
        {
            _isClosed = true;
        }
    }

    /// <summary>Accepts no further requests.</summary>
    /// <returns>Those that have no answer; they are removed.</returns>
    internal IReadOnlyList<ReadOnlyMemory<byte>> Close()
    {
        lock (_gate)
        {
            _isClosed = true;
            ReadOnlyMemory<byte>[] left = [.. _requests.Values.SelectMany(written => written)];
            _requests.Clear();
            SignalLocked();
            return left;
        }
    }

    /// <summary>Completes when no request is pending.</summary>
    internal Task WhenEmpty()
    {
        lock (_gate)
        {
            _empty ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            Task empty = _empty.Task;
            SignalLocked();
            return empty;
        }
    }

    private RequestId? FindLocked(ReadOnlySpan<byte> id)
    {
        if (RequestId.Read(id) is not RequestId key)
        {
            return null;
        }

        return _requests.ContainsKey(key) ? key
            : key.AsOtherType() is RequestId other && _requests.ContainsKey(other) ? other
            : null;
    }

    private ReadOnlyMemory<byte> RemoveLocked(RequestId key)
    {
        Queue<ReadOnlyMemory<byte>> written = _requests[key];
        ReadOnlyMemory<byte> first = written.Dequeue();
        if (written.Count == 0)
        {
            _requests.Remove(key);
        }

        return first;
    }

    private void SignalLocked()
    {
        if (_requests.Count == 0)
        {
            _empty?.TrySetResult();
            _empty = null;
        }
    }
}
