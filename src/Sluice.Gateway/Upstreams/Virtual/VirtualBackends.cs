using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Sluice.Documents;

namespace Sluice.Gateway;

/// <summary>What all sessions of a virtual server share: the names, lists with equal content, and which backends answer.</summary>
/// <remarks>Thread safety: any number of threads.</remarks>
internal sealed partial class VirtualBackends
{
    /// <summary>How long the start of a session, and a list, waits for slow backends.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>After which time a backend is asked again that did not answer.</summary>
    internal static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(5);

    private readonly string _server;
    private readonly ServerParts _parts;
    private readonly ILogger _logger;
    private readonly string?[] _failures;
    private readonly WeakCache<UInt128, BackendList> _lists = new();
    private readonly WeakCache<(int Kind, UInt128 Hash), MergedList> _merged = new();
    private readonly ConcurrentDictionary<string, bool> _logged = new(StringComparer.Ordinal);

    /// <param name="server">The name of the virtual server.</param>
    /// <param name="configuration">Its backends.</param>
    /// <param name="parts">What all servers use.</param>
    /// <param name="logger">The log.</param>
    internal VirtualBackends(string server, VirtualUpstreamConfiguration configuration, ServerParts parts, ILogger logger)
    {
        _server = server;
        _parts = parts;
        _logger = logger;
        Names = new VirtualNames(configuration);
        ServerNames = [.. configuration.Backends.Select(backend => backend.Server)];
        _failures = new string?[ServerNames.Length];
        Eras = new BackendEras(ServerNames.Length, parts.Time);
    }

    internal VirtualNames Names { get; }

    /// <summary>The eras that backends speak.</summary>
    internal BackendEras Eras { get; }

    /// <summary>The names of the backends, in the order of the configuration.</summary>
    internal string[] ServerNames { get; }

    internal TimeProvider Time => _parts.Time;

    /// <summary>Whether a list is to be read again.</summary>
    internal bool IsStale(CachedList list) => list.Reading.IsCompleted
        && Time.GetElapsedTime(list.Since) >= LifeOf(list);

    /// <summary>Whether what a backend said about itself is to be asked again.</summary>
    internal bool IsOver(OpenedBackend opened) => opened.Life is TimeSpan life && Time.GetElapsedTime(opened.Since) >= life;

    /// <summary>How long a list that has been read may be used.</summary>
    internal static TimeSpan LifeOf(CachedList list) =>
        list.Reading.IsCompletedSuccessfully && list.Reading.Result is ReadList read ? read.Life : Pause;

    /// <summary>Waits for something, and no longer than <see cref="Patience"/>.</summary>
    internal async Task WaitAsync(Task task, CancellationToken cancellationToken)
    {
        if (task.IsCompleted)
        {
            return;
        }

        using CancellationTokenSource done = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await Task.WhenAny(task, Task.Delay(Patience, Time, done.Token));
        await done.CancelAsync();
        cancellationToken.ThrowIfCancellationRequested();
    }

    /// <summary>The list that other sessions have already, where it is equal: most callers see the same.</summary>
    internal BackendList Share(BackendList list) => _lists.GetOrAdd(list.Hash, () => list);

    /// <summary>Joins lists, or takes those that were joined already.</summary>
    /// <param name="kind">Which list.</param>
    /// <param name="lists">Those of the backends; null where a backend does not answer.</param>
    internal MergedList Merge(ListKind kind, BackendList?[] lists)
    {
        Span<UInt128> hashes = stackalloc UInt128[lists.Length];
        for (int i = 0; i < lists.Length; i++)
        {
            hashes[i] = lists[i]?.Hash ?? UInt128.Zero;
        }

        Span<byte> hash = stackalloc byte[32];
        System.Security.Cryptography.SHA256.HashData(MemoryMarshal.AsBytes(hashes), hash);
        MergedList merged = _merged.GetOrAdd(
            (kind.Index, MemoryMarshal.Read<UInt128>(hash)), () => MergedList.Of(kind, lists, ServerNames, Names));
        foreach (string note in merged.Notes)
        {
            if (IsNew(note))
            {
                LogNote(note);
            }
        }

        return merged;
    }

    /// <summary>Notes whether a backend answers. A change is logged, once.</summary>
    /// <param name="backend">The place of the backend.</param>
    /// <param name="why">Why it does not, as a clause; null where it does.</param>
    internal void Note(int backend, string? why)
    {
        string? before = Interlocked.Exchange(ref _failures[backend], why);
        if (why is not null && before is null)
        {
            Log.BackendDown(_logger, ServerNames[backend], _server, why);
        }
        else if (why is null && before is not null)
        {
            Log.BackendUp(_logger, ServerNames[backend], _server);
        }
    }

    /// <summary>The backends that do not answer now, with the reason.</summary>
    internal IEnumerable<(string Server, string Why)> Failing() => ServerNames
        .Select((name, index) => (name, Why: Volatile.Read(ref _failures[index])!))
        .Where(backend => backend.Why is not null);

    /// <summary>Logs that a list of a backend was not read to its end, once.</summary>
    internal void NoteCutList(int backend, ListKind kind, string why)
    {
        if (IsNew($"{backend} {kind.Method} {why}"))
        {
            Log.ListCut(_logger, kind.Method, ServerNames[backend], _server, why);
        }
    }

    /// <summary>Logs that something a backend sent was dropped, once for each kind.</summary>
    internal void NoteDropped(int backend, string what, string why)
    {
        if (IsNew($"{backend} {what} {why}"))
        {
            Log.Dropped(_logger, what, ServerNames[backend], _server, why);
        }
    }

    /// <summary>Ends the sessions of a client at the backends. What a backend says to that has no effect.</summary>
    internal async Task EndAsync(VirtualSession session)
    {
        OpenedBackend?[] opened = await Task.WhenAll(session.Backends.Select(backend => backend.CloseAsync()));
        if (_parts.Stopping.IsCancellationRequested)
        {
            return; // The processes end by themselves, and connections are about to be closed.
        }

        ActiveConfiguration configured = _parts.BeginLookup();
        GatewayServer? server;
        try
        {
            server = configured.Find(_server);
            server?.BeginRequest();
        }
        finally
        {
            configured.EndLookup();
        }

        if (server is null)
        {
            return;
        }

        try
        {
            await Task.WhenAll(server.Backends.Select((backend, index) =>
                opened.ElementAtOrDefault(index) is { SessionId: not null } at && at.Link == backend.Link
                    ? EndAsync(backend, at, session.Front.Caller)
                    : Task.CompletedTask));
        }
        finally
        {
            server.EndRequest();
        }
    }

    private async Task EndAsync(GatewayServer backend, OpenedBackend opened, CallerIdentity caller)
    {
        using CancellationTokenSource late = new(Farewell, Time);
        try
        {
            await BackendCalls.EndSessionAsync(
                backend, caller, new BackendHeaders(CallerHeaders.None, opened.SessionId, opened.Version), late.Token);
        }
        catch (Exception exception) when (exception is OperationCanceledException or UpstreamBrokeOffException or IOException)
        {
            Log.SessionNotEnded(_logger, backend.Name, _server, exception.Message);
        }
    }

    // What is new at a name that a backend chooses is bounded, since a backend can choose another each time.
    private bool IsNew(string line)
    {
        const int MaxLogged = 10_000;
        return _logged.Count < MaxLogged && _logged.TryAdd(line, true);
    }

    private void LogNote(string note)
    {
        if (Names.Conflicts == NameConflicts.Error)
        {
            Log.Clash(_logger, _server, note);
        }
        else
        {
            Log.Note(_logger, _server, note);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(
            170, LogLevel.Warning,
            "The server '{Backend}' does not answer the virtual server '{Server}', which goes on without it: {Why}.")]
        internal static partial void BackendDown(ILogger logger, string backend, string server, string why);

        [LoggerMessage(171, LogLevel.Information, "The server '{Backend}' answers the virtual server '{Server}' again.")]
        internal static partial void BackendUp(ILogger logger, string backend, string server);

        [LoggerMessage(
            172, LogLevel.Warning,
            "'{Method}' of the server '{Backend}' was not read to its end for the virtual server '{Server}': {Why}.")]
        internal static partial void ListCut(ILogger logger, string method, string backend, string server, string why);

        [LoggerMessage(173, LogLevel.Warning, "A '{What}' of the server '{Backend}' was dropped by the virtual server '{Server}': {Why}.")]
        internal static partial void Dropped(ILogger logger, string what, string backend, string server, string why);

        [LoggerMessage(174, LogLevel.Debug, "A session at the server '{Backend}' of the virtual server '{Server}' was not ended: {Why}")]
        internal static partial void SessionNotEnded(ILogger logger, string backend, string server, string why);

        [LoggerMessage(175, LogLevel.Warning, "Virtual server '{Server}': {Note}")]
        internal static partial void Note(ILogger logger, string server, string note);

        [LoggerMessage(176, LogLevel.Error, "Virtual server '{Server}': {Note}")]
        internal static partial void Clash(ILogger logger, string server, string note);
    }
}
