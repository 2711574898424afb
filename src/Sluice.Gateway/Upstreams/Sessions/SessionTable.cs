using System.Security.Cryptography;

namespace Sluice.Gateway;

/// <summary>The sessions of one server: bounded in total and per owner, and ended when they are idle for too long.</summary>
/// <remarks>
/// <para>
/// A session takes a slot from before its process is started until its process has ended. A user at the bound loses the session
/// that was used least recently and has no call in flight; the new session waits for its slot. An address may have more sessions
/// than a user while slots are free. When none is, the address with the most sessions loses one in the same way.
/// </para>
/// <para>Thread safety: every member may be called from any thread.</para>
/// </remarks>
internal sealed class SessionTable : IAsyncDisposable
{
    private const int IdBytes = 16;
    private static readonly TimeSpan LongestSweep = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan SoonestRetry = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, StdioSession> _sessions = new(StringComparer.Ordinal);
    private readonly Dictionary<CallerIdentity, Owner> _owners = [];
    private readonly HashSet<Task> _ending = [];
    private readonly TimeProvider _time;
    private readonly Action<int> _onEvicted;
    private readonly ITimer _sweep;
    private TaskCompletionSource _slotFreed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _maxSessions;
    private int _maxSessionsPerOwner;
    private TimeSpan _idleTimeout;
    private int _taken;
    private int _waiting;
    private bool _isDisposed;

    /// <param name="maxSessions">The most sessions at a time.</param>
    /// <param name="maxSessionsPerOwner">The most sessions of one user at a time, and of one address while others wait.</param>
    /// <param name="idleTimeout">How long a session may go without a request and without an open stream.</param>
    /// <param name="time">The clock.</param>
    /// <param name="onEvicted">Is called when a session is evicted, with the bound of one user.</param>
    internal SessionTable(
        int maxSessions, int maxSessionsPerOwner, TimeSpan idleTimeout, TimeProvider time, Action<int> onEvicted)
    {
        _maxSessions = maxSessions;
        _maxSessionsPerOwner = maxSessionsPerOwner;
        _idleTimeout = idleTimeout;
        _time = time;
        _onEvicted = onEvicted;
        TimeSpan period = SweepPeriod(idleTimeout);
        _sweep = time.CreateTimer(_ => EndIdle(), null, period, period);
    }

    /// <summary>Takes other bounds. Sessions above a smaller one are kept, and count until they end.</summary>
    internal void SetBounds(int maxSessions, int maxSessionsPerOwner, TimeSpan idleTimeout)
    {
        lock (_gate)
        {
            if (idleTimeout != _idleTimeout)
            {
                TimeSpan period = SweepPeriod(idleTimeout);
                _sweep.Change(period, period);
            }

            (_maxSessions, _maxSessionsPerOwner, _idleTimeout) = (maxSessions, maxSessionsPerOwner, idleTimeout);
            SignalLocked(); // Those who wait look at the bounds again.
        }
    }

    private static TimeSpan SweepPeriod(TimeSpan idleTimeout) => idleTimeout / 4 < LongestSweep ? idleTimeout / 4 : LongestSweep;

    /// <summary>The sessions at this moment.</summary>
    internal StdioSession[] All
    {
        get
        {
            lock (_gate)
            {
                return [.. _sessions.Values];
            }
        }
    }

    /// <summary>
    /// Takes a slot for a new session, which cannot be found before <see cref="Add"/>. At a bound it waits for the slot of a
    /// session that ends, and evicts one of the owner's first if that is the way to a slot.
    /// </summary>
    /// <param name="caller">The only caller who may use the session.</param>
    /// <param name="owner">Whose bound it counts against.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The session, or why there is none.</returns>
    internal async Task<(StdioSession? Session, UpstreamFailure? Failure)> CreateAsync(
        CallerIdentity caller, CallerIdentity owner, CancellationToken cancellationToken)
    {
        Owner? waitsAs = null;
        try
        {
            while (true)
            {
                Task slotFreed;
                lock (_gate)
                {
                    Owner of = waitsAs ?? OwnerLocked(owner);
                    if (_isDisposed)
                    {
                        return (null, UpstreamFailure.Stopping);
                    }

                    if (_taken < _maxSessions && !IsAtItsBound(of))
                    {
                        _taken++;
                        of.Taken++;
                        string id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(IdBytes));
                        return (new StdioSession(id, caller, owner, _time), null);
                    }

                    if (waitsAs is null)
                    {
                        waitsAs = of;
                        of.Waiting++;
                        _waiting++;
                    }

                    if (MakeRoomLocked(of) is UpstreamFailure failure)
                    {
                        return (null, failure);
                    }

                    slotFreed = _slotFreed.Task;
                }

                await slotFreed.WaitAsync(cancellationToken);
            }
        }
        finally
        {
            StopWaiting(waitsAs, owner);
        }
    }

    /// <summary>Makes a session known under its id.</summary>
    internal void Add(StdioSession session)
    {
        lock (_gate)
        {
            _sessions[session.Id] = session;
            _owners[session.Owner].Sessions.Add(session);
            if (_isDisposed || session.Process is { IsAlive: false })
            {
                EndLocked(session); // Its process ended before the session could be found.
            }
        }
    }

    /// <summary>A caller's session; null when no session has this id, or when it is another caller's.</summary>
    internal StdioSession? Find(string id, CallerIdentity caller)
    {
        lock (_gate)
        {
            return _sessions.TryGetValue(id, out StdioSession? session) && session.Caller.Equals(caller) ? session : null;
        }
    }

    /// <summary>Begins a call of a session, which is not evicted until <see cref="StdioSession.EndCall"/>.</summary>
    /// <returns>False when the session has ended.</returns>
    internal bool TryBeginCall(StdioSession session)
    {
        lock (_gate)
        {
            bool isHere = _sessions.ContainsKey(session.Id);
            if (isHere)
            {
                session.BeginCall();
            }

            return isHere;
        }
    }

    /// <summary>Ends a session; a second time it does nothing.</summary>
    internal void End(StdioSession session)
    {
        lock (_gate)
        {
            EndLocked(session);
        }
    }

    /// <summary>Ends a session that was never added.</summary>
    internal void Abandon(StdioSession session)
    {
        lock (_gate)
        {
            StopLocked(session);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _sweep.DisposeAsync();
        Task[] ending;
        lock (_gate)
        {
            _isDisposed = true;
            foreach (StdioSession session in _sessions.Values.ToArray())
            {
                EndLocked(session);
            }

            ending = [.. _ending];
            SignalLocked();
        }

        await Task.WhenAll(ending);
    }

    private Owner OwnerLocked(CallerIdentity owner)
    {
        if (!_owners.TryGetValue(owner, out Owner? of))
        {
            _owners[owner] = of = new Owner(AddressIdentity.Is(owner));
        }

        return of;
    }

    private bool IsAtItsBound(Owner of) => !of.IsAddress && of.Taken >= _maxSessionsPerOwner;

    /// <summary>Sees to it that a slot becomes free for the owner, which waits already.</summary>
    /// <returns>Null, or why none can become free soon.</returns>
    private UpstreamFailure? MakeRoomLocked(Owner of)
    {
        // Each slot that becomes free serves one of those who wait.
        if (IsAtItsBound(of))
        {
            return of.Ending >= of.Waiting || TryEvictLocked(of)
                ? null
                : UpstreamFailure.TooManySessionsOfUser(_maxSessionsPerOwner, SoonestRetry);
        }

        EndIdleLocked();
        bool isRoom = _ending.Count >= _waiting
            || _owners.Values
                .Where(other => other.IsAddress && other.Sessions.Count > _maxSessionsPerOwner)
                .OrderByDescending(other => other.Sessions.Count)
                .Any(TryEvictLocked);
        return isRoom ? null : UpstreamFailure.TooManySessions(EarliestEndLocked());
    }

    private bool TryEvictLocked(Owner of)
    {
        StdioSession? oldest = of.Sessions
            .Where(session => !session.HasCalls)
            .OrderBy(session => session.Stream.IsOpen)
            .ThenByDescending(session => session.SinceLastUse)
            .FirstOrDefault();
        if (oldest is null)
        {
            return false;
        }

        EndLocked(oldest);
        _onEvicted(_maxSessionsPerOwner);
        return true;
    }

    /// <summary>How long until a session can end at the earliest, if no client ends its own before.</summary>
    private TimeSpan EarliestEndLocked()
    {
        if (_ending.Count > 0)
        {
            return SoonestRetry;
        }

        TimeSpan longestIdle = _sessions.Values.Select(session => session.Idle).DefaultIfEmpty(TimeSpan.Zero).Max();
        TimeSpan left = _idleTimeout - longestIdle;
        return left > SoonestRetry ? left : SoonestRetry;
    }

    private void EndIdle()
    {
        lock (_gate)
        {
            EndIdleLocked();
        }
    }

    private void EndIdleLocked()
    {
        foreach (StdioSession session in _sessions.Values.Where(session => session.Idle >= _idleTimeout).ToArray())
        {
            EndLocked(session);
        }
    }

    private void EndLocked(StdioSession session)
    {
        if (_sessions.Remove(session.Id))
        {
            _owners[session.Owner].Sessions.Remove(session);
            StopLocked(session);
        }
    }

    private void StopLocked(StdioSession session)
    {
        session.Stream.End();
        Owner of = _owners[session.Owner];
        of.Ending++;
        Task ended = StopAsync(session);
        _ending.Add(ended);
        ended.ContinueWith(
            task => Release(task, session, of), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
    }

    private static async Task StopAsync(StdioSession session)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding); // Not under the lock, and never ended before it is counted.
        await (session.Process?.StopAsync() ?? session.Virtual?.EndAsync() ?? Task.CompletedTask);
    }

    // Until here the process is there, and counts.
    private void Release(Task ended, StdioSession session, Owner of)
    {
        lock (_gate)
        {
            _ending.Remove(ended);
            _taken--;
            of.Taken--;
            of.Ending--;
            ForgetLocked(session.Owner, of);
            SignalLocked();
        }
    }

    private void StopWaiting(Owner? waitedAs, CallerIdentity owner)
    {
        lock (_gate)
        {
            if (waitedAs is not null)
            {
                waitedAs.Waiting--;
                _waiting--;
            }

            if (_owners.TryGetValue(owner, out Owner? of))
            {
                ForgetLocked(owner, of);
            }
        }
    }

    private void ForgetLocked(CallerIdentity owner, Owner of)
    {
        if (of is { Taken: 0, Waiting: 0 })
        {
            _owners.Remove(owner);
        }
    }

    private void SignalLocked()
    {
        _slotFreed.SetResult();
        _slotFreed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    /// <summary>What one owner has.</summary>
    private sealed class Owner(bool isAddress)
    {
        internal bool IsAddress => isAddress;

        /// <summary>Slots: sessions that begin, live or end.</summary>
        internal int Taken { get; set; }

        /// <summary>How many of the slots become free as soon as a process has ended.</summary>
        internal int Ending { get; set; }

        /// <summary>How many new sessions wait for a slot.</summary>
        internal int Waiting { get; set; }

        internal HashSet<StdioSession> Sessions { get; } = [];
    }
}
