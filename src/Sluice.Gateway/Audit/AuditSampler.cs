namespace Sluice.Gateway;

/// <summary>Thins out floods: of each limit and caller, the first events of ten seconds pass, and the others become one.</summary>
/// <remarks>
/// <para>
/// The one carries the number of the others, so events that pass and the numbers that they carry add up to all events. It passes when the
/// ten seconds are over, when its place is needed, or at the end.
/// </para>
/// <para>Memory is bounded: 4,096 limits and callers are watched at a time; if there are more, the oldest are ended first.</para>
/// <para>Thread safety: any number of threads.</para>
/// </remarks>
internal sealed class AuditSampler : IDisposable
{
    /// <summary>How many events of one limit and caller pass as they are in <see cref="Window"/>.</summary>
    internal const int Passing = 5;

    /// <summary>How many limits and callers are watched at a time.</summary>
    internal const int MaxWatched = 4_096;

    /// <summary>How long a limit and caller are watched from their first event on.</summary>
    internal static readonly TimeSpan Window = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private readonly Dictionary<WatchKey, Watch> _watches = [];
    private readonly Queue<(WatchKey Key, Watch Watch)> _oldestFirst = [];
    private readonly TimeProvider _time;
    private readonly Action<AuditEvent> _pass;
    private readonly ITimer _timer;
    private bool _isDisposed;

    /// <param name="time">The clock.</param>
    /// <param name="pass">Takes the events that pass; it must not block.</param>
    internal AuditSampler(TimeProvider time, Action<AuditEvent> pass)
    {
        _time = time;
        _pass = pass;
        _timer = time.CreateTimer(
            static sampler => ((AuditSampler)sampler!).PassOver(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Adds an event.</summary>
    internal void Add(AuditEvent added)
    {
        WatchKey key = new(added.Server, added.Limit, added.Caller, added.WouldRefuse);
        lock (_gate)
        {
            PassOverLocked();
            if (_isDisposed)
            {
                _pass(added);
                return;
            }

            if (!_watches.TryGetValue(key, out Watch? watch))
            {
                watch = BeginLocked(key);
            }

            if (watch.Passed < Passing)
            {
                watch.Passed++;
                _pass(added);
            }
            else
            {
                watch.Withheld++;
                watch.Last = added;
            }
        }
    }

    /// <summary>Lets everything pass that is withheld.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _isDisposed = true;
            while (_oldestFirst.Count > 0)
            {
                EndOldestLocked();
            }
        }

        _timer.Dispose();
    }

    private Watch BeginLocked(WatchKey key)
    {
        if (_oldestFirst.Count == MaxWatched)
        {
            EndOldestLocked();
        }

        Watch watch = new(_time.GetTimestamp());
        _watches.Add(key, watch);
        _oldestFirst.Enqueue((key, watch));
        if (_oldestFirst.Count == 1)
        {
            _timer.Change(Window, Timeout.InfiniteTimeSpan);
        }

        return watch;
    }

    private void PassOver()
    {
        lock (_gate)
        {
            PassOverLocked();
            if (!_isDisposed && _oldestFirst.TryPeek(out (WatchKey Key, Watch Watch) oldest))
            {
                TimeSpan left = Window - _time.GetElapsedTime(oldest.Watch.Began);
                _timer.Change(left > TimeSpan.Zero ? left : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
            }
        }
    }

    private void PassOverLocked()
    {
        while (_oldestFirst.TryPeek(out (WatchKey Key, Watch Watch) oldest) && _time.GetElapsedTime(oldest.Watch.Began) >= Window)
        {
            EndOldestLocked();
        }
    }

    private void EndOldestLocked()
    {
        (WatchKey key, Watch watch) = _oldestFirst.Dequeue();
        _watches.Remove(key);
        if (watch.Last is AuditEvent last)
        {
            _pass(last with { Omitted = watch.Withheld - 1 });
        }
    }

    private readonly record struct WatchKey(string Server, string? Limit, string? Caller, bool WouldRefuse);

    private sealed class Watch(long began)
    {
        internal long Began => began;

        internal int Passed { get; set; }

        internal long Withheld { get; set; }

        internal AuditEvent? Last { get; set; }
    }
}
