using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace Sluice.Gateway;

/// <summary>What a client's session has behind a virtual server: a session at each backend, lists, and what is in flight.</summary>
/// <remarks>Thread safety: any number of threads.</remarks>
internal sealed class VirtualSession : IDisposable
{
    /// <summary>The most questions of backends that the client has not answered.</summary>
    private const int MaxQuestions = 1_000;

    private readonly VirtualBackends _all;
    private readonly MergedList?[] _merged = new MergedList?[ListKind.All.Length];
    private readonly ConcurrentDictionary<long, LiveCall> _calls = new();
    private readonly ConcurrentDictionary<RequestId, LiveCall> _callsById = new();
    private readonly ConcurrentDictionary<long, Question> _questions = new();
    private readonly ConcurrentDictionary<string, SuspendableCall> _suspended = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _ended = new();
    private long _lastKey;

    /// <param name="all">What all sessions of the virtual server share.</param>
    /// <param name="front">The client's session.</param>
    /// <param name="client">What the client says about itself.</param>
    internal VirtualSession(VirtualBackends all, StdioSession front, ClientFacts client)
    {
        _all = all;
        Front = front;
        Client = client;
        Ended = _ended.Token;
        Backends = [.. all.ServerNames.Select((_, index) => new BackendSession(index, this, all))];
    }

    /// <summary>The client's session.</summary>
    internal StdioSession Front { get; }

    /// <summary>What the client says about itself.</summary>
    internal ClientFacts Client { get; private set; }

    /// <summary>The open <c>subscriptions/listen</c> requests of clients of the modern era.</summary>
    internal Listeners Listeners { get; } = new();

    /// <summary>The sessions at the backends, in the order of the configuration.</summary>
    internal BackendSession[] Backends { get; }

    /// <summary>Is cancelled when the session has ended.</summary>
    internal CancellationToken Ended { get; }

    /// <summary>Notes which log messages the client asks for.</summary>
    internal void SetLogLevel(string? level) => Client = Client.WithLogLevel(level);

    /// <summary>A number for a request to a backend.</summary>
    internal long NextKey() => Interlocked.Increment(ref _lastKey);

    /// <summary>Notes that a backend has a call.</summary>
    internal void Begin(LiveCall call)
    {
        _calls[call.Key] = call;
        if (RequestId.Read(call.Id.Span) is RequestId id)
        {
            _callsById[id] = call;
        }
    }

    /// <summary>Notes that a call has ended.</summary>
    internal void End(LiveCall call)
    {
        _calls.TryRemove(call.Key, out _);
        if (RequestId.Read(call.Id.Span) is RequestId id)
        {
            _callsById.TryRemove(KeyValuePair.Create(id, call));
        }
    }

    /// <summary>The call in flight that a client means by an id; or null.</summary>
    internal LiveCall? FindCall(ReadOnlySpan<byte> id) =>
        RequestId.Read(id) is RequestId key ? _callsById.GetValueOrDefault(key) : null;

    /// <summary>The call in flight that a backend means by a progress token; or null.</summary>
    internal LiveCall? FindCall(BackendSession backend, ReadOnlySpan<byte> token) =>
        MessageParts.KeyOf(token) is long key && _calls.GetValueOrDefault(key) is LiveCall call && call.Backend == backend ? call : null;

    /// <summary>Takes a backend's question to the client.</summary>
    /// <param name="question">The question.</param>
    /// <param name="id">The id under which the client gets it.</param>
    /// <returns>False when too many are open.</returns>
    internal bool TryAsk(Question question, [NotNullWhen(true)] out byte[]? id)
    {
        id = null;
        if (_questions.Count >= MaxQuestions)
        {
            return false;
        }

        long key = NextKey();
        _questions[key] = question;
        id = Encoding.ASCII.GetBytes(key.ToString(CultureInfo.InvariantCulture));
        return true;
    }

    /// <summary>The question that a client answers; null for an answer to none.</summary>
    internal Question? Answered(ReadOnlySpan<byte> id) =>
        MessageParts.KeyOf(id) is long key && _questions.TryRemove(key, out Question? question) ? question : null;

    /// <summary>The id under which the client got a question that its backend takes back; null for none.</summary>
    internal byte[]? Withdraw(BackendSession backend, ReadOnlySpan<byte> id)
    {
        foreach ((long key, Question question) in _questions)
        {
            if (question.Backend == backend && RequestId.AreEqual(question.Id.Span, id) && _questions.TryRemove(key, out _))
            {
                return Encoding.ASCII.GetBytes(key.ToString(CultureInfo.InvariantCulture));
            }
        }

        return null;
    }

    /// <summary>Keeps a call that waits for an answer of its client.</summary>
    /// <returns>False when too many wait.</returns>
    internal bool TrySuspend(string state, SuspendableCall call) => _suspended.Count < MaxQuestions && _suspended.TryAdd(state, call);

    /// <summary>The call that a client answers by its state; each state is taken once.</summary>
    internal SuspendableCall? TakeSuspended(string state, VirtualRequest request) =>
        _suspended.TryGetValue(state, out SuspendableCall? call) && call.IsOf(request)
            && _suspended.TryRemove(KeyValuePair.Create(state, call))
            ? call
            : null;

    /// <summary>Forgets a call that does not wait any more.</summary>
    internal void Forget(string state) => _suspended.TryRemove(state, out _);

    /// <summary>Evicts lists that a backend says have changed.</summary>
    internal static void Evict(BackendSession backend, string notification)
    {
        foreach (ListKind kind in ListKind.ChangedBy(notification))
        {
            backend.Evict(kind);
        }
    }

    /// <summary>
    /// The lists of all backends as one. It waits a bounded time for a backend that is slow, and then goes on without it.
    /// </summary>
    internal async Task<MergedList> ListAsync(ListKind kind, BackendCalls calls, CallerHeaders caller, CancellationToken cancellationToken)
    {
        Task<ReadList?>[] reading = [.. Backends.Select(backend => backend.ListAsync(kind, calls, caller))];
        await _all.WaitAsync(Task.WhenAll(reading), cancellationToken);
        MergedList merged = _all.Merge(kind, [.. reading.Select(read => read.IsCompletedSuccessfully ? read.Result?.List : null)]);
        _merged[kind.Index] = merged;
        return merged;
    }

    /// <summary>For how long the lists may be used that were read.</summary>
    internal TimeSpan LifeOf(ListKind kind) => Backends.Min(backend => backend.LifeOf(kind));

    /// <summary>The backend that has a tool or prompt of an advertised name; null where none does.</summary>
    internal async Task<Route?> FindAsync(
        ListKind kind, string advertised, BackendCalls calls, CallerHeaders caller, CancellationToken cancellationToken) =>
        _merged[kind.Index]?.Find(advertised)
        ?? _all.Names.OfPrefix(kind, advertised)
        ?? (await ListAsync(kind, calls, caller, cancellationToken)).Find(advertised);

    /// <summary>The backend that has a resource; null where none does, as far as lists and templates tell.</summary>
    internal async Task<Route?> FindResourceAsync(
        string uri, BackendCalls calls, CallerHeaders caller, CancellationToken cancellationToken)
    {
        if (_merged[ListKind.Resources.Index]?.Find(uri) is Route known)
        {
            return known;
        }

        if (_all.Names.OfPrefixedUri(uri) is Route prefixed)
        {
            return prefixed;
        }

        Task<MergedList> templates = ListAsync(ListKind.Templates, calls, caller, cancellationToken);
        MergedList resources = await ListAsync(ListKind.Resources, calls, caller, cancellationToken);
        if ((resources.Find(uri) ?? (await templates).FindByTemplate(uri)) is Route listed)
        {
            return listed;
        }

        BackendSession[] having = [.. Backends.Where(backend => backend.Opened?.Has(BackendCapabilities.Resources) == true)];
        return having.Length == 1 ? new Route(having[0].Index, uri) : null;
    }

    /// <summary>The URI under which a backend's resource is advertised, where that is another than its own.</summary>
    internal string? AdvertisedUri(BackendSession backend, string own)
    {
        string? other = _all.Names.OtherUri(backend.Index, own);
        return other is not null && _merged[ListKind.Resources.Index]?.Find(other)?.Backend == backend.Index ? other : null;
    }

    /// <summary>Ends the sessions at the backends.</summary>
    internal async Task EndAsync()
    {
        await _ended.CancelAsync();
        await _all.EndAsync(this);
        Dispose();
    }

    public void Dispose() => _ended.Dispose();
}

/// <summary>What a backend asks the client.</summary>
/// <param name="Backend">The backend.</param>
/// <param name="Opened">Its session.</param>
/// <param name="Id">Its id, as the backend wrote it.</param>
/// <param name="Answer">Gets the answer, where the gateway asks for a backend that cannot ask itself; else the backend gets it.</param>
internal sealed record Question(
    BackendSession Backend, OpenedBackend Opened, ReadOnlyMemory<byte> Id, TaskCompletionSource<byte[]>? Answer = null);
