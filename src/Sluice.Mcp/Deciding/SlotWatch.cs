using Microsoft.Extensions.Logging;

namespace Sluice.Mcp;

/// <summary>Releases the slots of calls that run longer than a limit's <c>maxAge</c>, and logs each.</summary>
/// <remarks>
/// <para>Its calls are in the order in which they acquired, which is the order in which they grow too old: one timer serves all.</para>
/// <para>It allocates nothing for a call.</para>
/// <para>Thread safety: any number of threads.</para>
/// </remarks>
internal sealed partial class SlotWatch : IDisposable
{
    private readonly Lock _gate = new();
    private readonly string _server;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ITimer _timer;
    private LeasedCall? _oldest;
    private LeasedCall? _newest;
    private int _count;
    private bool _isTimerSet;
    private bool _isDisposed;

    /// <param name="server">The name of the server, for the log.</param>
    /// <param name="maxAge">The longest time for which its calls keep their slots.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Takes a line for each call whose slots are released.</param>
    internal SlotWatch(string server, TimeSpan maxAge, TimeProvider time, ILogger logger)
    {
        _server = server;
        MaxAge = maxAge;
        _time = time;
        _logger = logger;
        _timer = time.CreateTimer(
            static watch => ((SlotWatch)watch!).ReleaseOld(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>The longest time for which its calls keep their slots.</summary>
    internal TimeSpan MaxAge { get; }

    /// <summary>How many calls hold slots.</summary>
    internal int Count => Volatile.Read(ref _count);

    /// <summary>A watch for each <c>maxAge</c> of the calls of a policy.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">The log.</param>
    /// <param name="previous">The watches of the policy before, which are kept where they watch for the same time; or null.</param>
    internal static SlotWatch[] Of(RateLimitPolicy policy, TimeProvider time, ILogger logger, SlotWatch[]? previous = null) =>
    [
        .. policy.Limits
            .Where(limit => limit.Concurrency is not null)
            .Select(limit => limit.MaxAge)
            .Distinct()
            .Select(maxAge =>
                previous?.FirstOrDefault(watch => watch.MaxAge == maxAge) ?? new SlotWatch(policy.Server, maxAge, time, logger)),
    ];

    /// <summary>Watches a call that holds slots, until <see cref="Remove"/>.</summary>
    internal void Add(LeasedCall call)
    {
        long now = _time.GetTimestamp();
        lock (_gate)
        {
            call.Watch = this;
            call.IsWatched = true;
            call.WatchedSince = now;
            call.Older = _newest;
            call.Newer = null;
            (_newest is null ? ref _oldest : ref _newest.Newer) = call;
            _newest = call;
            _count++;
            SetTimerLocked(MaxAge);
        }
    }

    /// <summary>Ends the watch of a call: after that, nothing here touches it.</summary>
    internal void Remove(LeasedCall call)
    {
        lock (_gate)
        {
            RemoveLocked(call);
        }
    }

    /// <summary>Releases the slots of every call that still runs, because the process stops.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _isDisposed = true;
            _timer.Dispose();
            while (_oldest is LeasedCall call)
            {
                RemoveLocked(call);
                call.ReleaseSlots();
            }
        }
    }

    private void ReleaseOld()
    {
        lock (_gate)
        {
            _isTimerSet = false;
            long now = _time.GetTimestamp();
            while (_oldest is LeasedCall call)
            {
                TimeSpan age = _time.GetElapsedTime(call.WatchedSince, now);
                if (age < MaxAge)
                {
                    SetTimerLocked(MaxAge - age);
                    return;
                }

                RemoveLocked(call);
                if (call.ReleaseSlots())
                {
                    Log.Released(_logger, _server, MaxAge, SlotLimits(call.Request.Limits));
                }
            }
        }
    }

    private void SetTimerLocked(TimeSpan due)
    {
        if (!_isTimerSet && !_isDisposed)
        {
            _isTimerSet = true;
            _timer.Change(due, Timeout.InfiniteTimeSpan);
        }
    }

    private void RemoveLocked(LeasedCall call)
    {
        if (!call.IsWatched)
        {
            return; // Too old already.
        }

        (call.Older is null ? ref _oldest : ref call.Older.Newer) = call.Newer;
        (call.Newer is null ? ref _newest : ref call.Newer.Older) = call.Older;
        _count--;
        call.IsWatched = false;
        call.Older = null;
        call.Newer = null;
    }

    private static string SlotLimits(ApplicableLimits limits) =>
        string.Join(", ", limits.Limits.ToArray().Where(limit => limit.Concurrency is not null).Select(limit => limit.Name));

    private static partial class Log
    {
        [LoggerMessage(
            5, LogLevel.Warning,
            "A call to '{Server}' has run for {MaxAge}: its slots of {Limits} are released, "
            + "and the call goes on without them.", EventName = "SlotsReleased")]
        internal static partial void Released(ILogger logger, string server, TimeSpan maxAge, string limits);
    }
}
