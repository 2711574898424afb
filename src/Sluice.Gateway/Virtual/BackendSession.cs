using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Sluice.Gateway;

/// <summary>The session of one client at one backend. It is opened on first use, and once more after each loss.</summary>
/// <remarks>Thread safety: any number of threads.</remarks>
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
                && (!_opening.IsCompleted || (_opening.IsCompletedSuccessfully && _opening.Result is { Failure: null } open && open.Link == link));
            if (!isOpen)
            {
                calls.Server.BeginRequest(); // While the request that asks is served, the server cannot end.
                _opening = InitializeAsync(calls, caller);
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
    internal Task<BackendList?> ListAsync(ListKind kind, BackendCalls calls, CallerHeaders caller)
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

    private async Task<OpenedBackend> InitializeAsync(BackendCalls calls, CallerHeaders caller)
    {
        GatewayServer backend = calls.Server.Backends[index];
        try
        {
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding); // Not under the lock.
            OpenedBackend opened = await InitializeAsync(backend, calls, caller);
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

    private async Task<OpenedBackend> InitializeAsync(GatewayServer backend, BackendCalls calls, CallerHeaders caller)
    {
        byte[] key = NextKey();
        byte[] body =
        [
            .. "{\"jsonrpc\":\"2.0\",\"id\":"u8, .. key, .. ",\"method\":\"initialize\",\"params\":"u8, .. session.InitializeParams.Span, .. "}"u8,
        ];
        OpenedBackend? opened = null;
        string? error = null;
        BackendAnswer answer = await calls.PostAsync(
            backend,
            body,
            new BackendHeaders(caller, SessionId: null, Version: null),
            (response, message) =>
            {
                if (MessageParts.Read(message.Span) is { Method: null } parts)
                {
                    opened = Read(backend, response, message, parts);
                    error = opened is null ? BackendError.MessageOf(message) : null;
                }

                return ValueTask.CompletedTask;
            },
            session.Ended);
        if (opened is null)
        {
            return OpenedBackend.Failed(
                backend.Link,
                answer.Failure?.Reason ?? (error is not null ? $"it answered 'initialize' with the error {error}" : $"it answered 'initialize' with the status {answer.Status}"));
        }

        byte[] initialized = [.. "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}"u8];
        await calls.PostAsync(
            backend, initialized, new BackendHeaders(caller, opened.SessionId, opened.Version), (_, _) => ValueTask.CompletedTask, session.Ended);
        return opened;
    }

    private static OpenedBackend? Read(GatewayServer backend, BackendResponse response, ReadOnlyMemory<byte> message, MessageParts parts)
    {
        if (parts.Result is not Range part || BackendError.ParseOrNull(message[part]) is not JsonObject result)
        {
            return null;
        }

        string session = response.Headers[SessionRequests.Header].ToString();
        return new OpenedBackend(
            backend.Link,
            session.Length == 0 ? null : session,
            BackendError.TextOf(result["protocolVersion"]),
            BackendCapabilitiesJson.Read(result["capabilities"]),
            BackendError.TextOf(result["instructions"]));
    }

    private async Task<BackendList?> ReadAsync(ListKind kind, BackendCalls calls, CallerHeaders caller)
    {
        try
        {
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding); // Not under the lock.
            OpenedBackend opened = await OpenAsync(calls, caller);
            return opened.Failure is not null ? null
                : !opened.Has(kind.Capability) ? BackendList.Empty
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
internal sealed record CachedList(Task<BackendList?> Reading, long Since);
