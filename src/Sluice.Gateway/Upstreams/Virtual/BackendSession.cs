using System.Globalization;
using System.Text;

namespace Sluice.Gateway;

/// <summary>The session of one client at one backend. It is opened on first use, and once more after each loss.</summary>
/// <remarks>
/// <para>
/// A backend of the modern era has no sessions: what is opened there is what its <c>server/discover</c> said, for as long as that may be
/// used.
/// </para>
/// <para>Thread safety: any number of threads.</para>
/// </remarks>
internal sealed class BackendSession(int index, VirtualSession session, VirtualBackends all)
{
    private readonly Lock _gate = new();
    private readonly CachedList?[] _lists = new CachedList?[ListKind.All.Length];
    private TaskCompletionSource _reopened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task<OpenedBackend>? _opening;
    private OpenedBackend? _open;

    /// <summary>The place of the backend in the configuration.</summary>
    internal int Index => index;

    /// <summary>The name of the server.</summary>
    internal string Name => all.ServerNames[index];

    /// <summary>The resources of whose changes the client is told, where the backend has no sessions.</summary>
    internal WatchedResources Watched { get; } = new();

    /// <summary>Who reads the stream of the session: there is one at a time.</summary>
    internal SemaphoreSlim Streaming { get; } = new(1, 1);

    /// <summary>The session, if one is open.</summary>
    internal OpenedBackend? Opened
    {
        get
        {
            lock (_gate)
            {
                return _open;
            }
        }
    }

    /// <summary>Opens a session, if none is open.</summary>
    /// <remarks>It goes on when the request that began it ends, so that the next one finds it.</remarks>
    internal Task<OpenedBackend> OpenAsync(BackendCalls calls, CallerHeaders caller)
    {
        lock (_gate)
        {
            ServerLink link = calls.Server.Backends[index].Link;
            bool isOpen = _opening is not null
                && (!_opening.IsCompleted
                    || (_opening.IsCompletedSuccessfully && _opening.Result is { Failure: null } open && open.Link == link && !all.IsOver(open)));
            if (!isOpen)
            {
                calls.Server.BeginRequest(); // While the request that asks is served, the server cannot end.
                _opening = BeginAsync(calls, caller);
            }

            return _opening!;
        }
    }

    /// <summary>Notes that the backend does not know a session any more: the next use opens another.</summary>
    internal void Lose(OpenedBackend lost)
    {
        lock (_gate)
        {
            if (_open == lost)
            {
                (_opening, _open) = (null, null);
                Array.Clear(_lists);
                all.Eras.Forget(index);
            }
        }
    }

    /// <summary>Waits for a session other than one that is known.</summary>
    internal async Task<OpenedBackend> WhenOpenedAsync(OpenedBackend? known, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task reopened;
            lock (_gate)
            {
                reopened = _reopened.Task;
            }

            if (Opened is OpenedBackend opened && opened != known)
            {
                return opened;
            }

            await reopened.WaitAsync(cancellationToken);
        }
    }

    /// <summary>The list, from the cache while it may be used; null where the backend does not answer.</summary>
    internal Task<ReadList?> ListAsync(ListKind kind, BackendCalls calls, CallerHeaders caller)
    {
        lock (_gate)
        {
            CachedList? cached = _lists[kind.Index];
            if (cached is null || all.IsStale(cached))
            {
                calls.Server.BeginRequest();
                _lists[kind.Index] = cached = new CachedList(ReadAsync(kind, calls, caller), all.Time.GetTimestamp());
            }

            return cached.Reading;
        }
    }

    /// <summary>For how long the list may still be used.</summary>
    internal TimeSpan LifeOf(ListKind kind)
    {
        CachedList? cached;
        lock (_gate)
        {
            cached = _lists[kind.Index];
        }

        TimeSpan left = cached is null ? TimeSpan.Zero : VirtualBackends.LifeOf(cached) - all.Time.GetElapsedTime(cached.Since);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    /// <summary>Evicts a list.</summary>
    internal void Evict(ListKind kind)
    {
        lock (_gate)
        {
            _lists[kind.Index] = null;
        }
    }

    /// <summary>Evicts all lists.</summary>
    internal void EvictAll()
    {
        lock (_gate)
        {
            Array.Clear(_lists);
        }
    }

    /// <summary>The session, if one is or was being opened; its use ends with this.</summary>
    internal async Task<OpenedBackend?> CloseAsync()
    {
        Task<OpenedBackend>? opening;
        lock (_gate)
        {
            (opening, _opening) = (_opening, null);
        }

        return opening is null ? null : await opening;
    }

    /// <summary>A request of the gateway's own.</summary>
    /// <param name="key">Its id.</param>
    /// <param name="method">The method.</param>
    /// <param name="parameters">The value of <c>params</c>; empty for none.</param>
    internal static byte[] Write(byte[] key, string method, ReadOnlyMemory<byte> parameters)
    {
        byte[] members = parameters.IsEmpty ? [] : [.. ",\"params\":"u8, .. parameters.Span];
        byte[] name = Encoding.ASCII.GetBytes(method);
        return [.. "{\"jsonrpc\":\"2.0\",\"id\":"u8, .. key, .. ",\"method\":\""u8, .. name, .. "\""u8, .. members, .. "}"u8];
    }

    private async Task<OpenedBackend> BeginAsync(BackendCalls calls, CallerHeaders caller)
    {
        GatewayServer backend = calls.Server.Backends[index];
        try
        {
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding); // Not under the lock.
            OpenedBackend opened = await new BackendOpening(this, session.Client, all, session.Ended).OpenAsync(backend, calls, caller);
            all.Note(index, opened.Failure);
            Set(opened.Failure is null ? opened : null);
            return opened;
        }
        catch (OperationCanceledException)
        {
            return OpenedBackend.Failed(backend.Link, "the session has ended");
        }
        finally
        {
            calls.Server.EndRequest();
        }
    }

    private async Task<ReadList?> ReadAsync(ListKind kind, BackendCalls calls, CallerHeaders caller)
    {
        try
        {
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding); // Not under the lock.
            OpenedBackend opened = await OpenAsync(calls, caller);
            return opened.Failure is not null ? null
                : !opened.Has(kind.Capability) ? ReadList.Empty
                : await new ListReader(kind, this, opened, session, all).ReadAsync(calls, caller);
        }
        catch (OperationCanceledException)
        {
            return null; // The session has ended.
        }
        finally
        {
            calls.Server.EndRequest();
        }
    }

    /// <summary>A number for a request of the gateway's own.</summary>
    internal byte[] NextKey() => Encoding.ASCII.GetBytes(session.NextKey().ToString(CultureInfo.InvariantCulture));

    private void Set(OpenedBackend? opened)
    {
        lock (_gate)
        {
            _open = opened;
            if (opened is not null)
            {
                TaskCompletionSource reopened = _reopened;
                _reopened = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                reopened.SetResult();
            }
        }
    }
}

/// <summary>A list of one backend in a session's cache.</summary>
/// <param name="Reading">The list, once it has been read; null in it where the backend did not answer.</param>
/// <param name="Since">The timestamp at which it was begun.</param>
internal sealed record CachedList(Task<ReadList?> Reading, long Since);

/// <summary>A list of one backend, and how long it may be used.</summary>
internal sealed record ReadList(BackendList List, TimeSpan Life)
{
    /// <summary>The list of a backend that has none.</summary>
    internal static ReadList Empty { get; } = new(BackendList.Empty, ListLives.Usual);
}
