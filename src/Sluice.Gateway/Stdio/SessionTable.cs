using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace Sluice.Gateway;

/// <summary>The sessions of one server: no more than are allowed, and none for longer than somebody uses it.</summary>
/// <remarks>Thread safety: every member may be called from any thread.</remarks>
internal sealed class SessionTable : IAsyncDisposable
{
    private const int IdBytes = 16;
    private static readonly TimeSpan LongestSweep = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<string, StdioSession> _sessions = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<Task, bool> _ending = new();
    private readonly int _maxSessions;
    private readonly TimeSpan _idleTimeout;
    private readonly TimeProvider _time;
    private readonly ITimer _sweep;
    private int _taken;

    internal SessionTable(int maxSessions, TimeSpan idleTimeout, TimeProvider time)
    {
        _maxSessions = maxSessions;
        _idleTimeout = idleTimeout;
        _time = time;
        TimeSpan period = idleTimeout / 4 < LongestSweep ? idleTimeout / 4 : LongestSweep;
        _sweep = time.CreateTimer(_ => EndIdle(), null, period, period);
    }

    internal ICollection<StdioSession> All => _sessions.Values;

    /// <summary>A session that nobody can find yet; or null when there are as many as may be.</summary>
    internal StdioSession? TryCreate(CallerIdentity caller)
    {
        if (Interlocked.Increment(ref _taken) <= _maxSessions)
        {
            return new StdioSession(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(IdBytes)), caller, _time);
        }

        Interlocked.Decrement(ref _taken);
        return null;
    }

    /// <summary>Makes a session known under its id.</summary>
    internal void Add(StdioSession session)
    {
        _sessions[session.Id] = session;
        if (session.Process is { IsAlive: false })
        {
            End(session); // It ended before the session could be found.
        }
    }

    /// <summary>A caller's session; null when there is none of this id, or when it is another's.</summary>
    internal StdioSession? Find(string id, CallerIdentity caller) =>
        _sessions.TryGetValue(id, out StdioSession? session) && session.Caller.Equals(caller) ? session : null;

    /// <summary>Ends a session; a second time it does nothing.</summary>
    internal void End(StdioSession session)
    {
        if (_sessions.TryRemove(session.Id, out _))
        {
            Abandon(session);
        }
    }

    /// <summary>Ends a session that was never added.</summary>
    internal void Abandon(StdioSession session)
    {
        session.Stream.End();
        Task ended = session.Process?.StopAsync() ?? Task.CompletedTask;
        _ending[ended] = true;
        ended.ContinueWith(
            task =>
            {
                _ending.TryRemove(task, out _);
                Interlocked.Decrement(ref _taken); // Until here the process is there, and counts.
            },
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
    }

    public async ValueTask DisposeAsync()
    {
        await _sweep.DisposeAsync();
        foreach (StdioSession session in All)
        {
            End(session);
        }

        await Task.WhenAll(_ending.Keys);
    }

    private void EndIdle()
    {
        foreach (StdioSession session in All.Where(session => session.Idle >= _idleTimeout))
        {
            End(session);
        }
    }
}
