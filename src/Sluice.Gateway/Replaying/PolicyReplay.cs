namespace Sluice.Gateway;

/// <summary>Decides recorded calls by the limits of a file, each at its own instant, in a separate store for each run.</summary>
/// <remarks>
/// <para>
/// What was done to a recorded call afterwards is done to it here: its tokens are refunded, its slots are released. Under the limits that
/// recorded the calls, the answers are the recorded ones.
/// </para>
/// <para>
/// Under other limits some things are not recorded: how long a call would have run that was rejected, or that held no slot. Such a call
/// holds its slots for the time that is given.
/// </para>
/// <para>Thread safety: one thread.</para>
/// </remarks>
internal sealed class PolicyReplay
{
    /// <summary>The most calls of a run for which a refund or a release can still come.</summary>
    private const int MaxOpenCalls = 2_000_000;

    /// <summary>The most runs at a time; more than a few overlap only where several gateways wrote.</summary>
    private const int MaxRuns = 16;

    private readonly HashedPolicies _policies;
    private readonly TraceIndex _index;
    private readonly TimeSpan _callTime;
    private readonly Dictionary<DateTimeOffset, Run> _runs = [];
    private readonly Queue<DateTimeOffset> _order = new();
    private readonly CallerIdentity[] _callers;
    private readonly string?[] _backends;
    private readonly LimitState[] _states = new LimitState[ApplicableLimits.MaxCount];
    private Run? _latest;

    internal PolicyReplay(HashedPolicies policies, TraceIndex index, TimeSpan callTime)
    {
        _policies = policies;
        _index = index;
        _callTime = callTime;
        _backends = [.. index.Operations.Select(policies.BackendOf)];
        _callers = [.. index.Callers.Select(caller => caller.ToIdentity())];
    }

    /// <summary>Refunds and releases of calls that are not known any more, or never were.</summary>
    internal long Unmatched { get; private set; }

    /// <summary>Decides a call.</summary>
    internal ReplayedAnswer Decide(RecordedCall call)
    {
        CallerIdentity caller = _callers[_index.NumberOf(call.Caller)];
        ApplicableLimits limits =
            _policies.Of(call.Server)?.SelectFor(
                call.Method, call.Name ?? "", _backends[_index.OperationOf(call)], caller) ?? ApplicableLimits.None;
        if (limits.IdentityRequiredBy is RateLimit required)
        {
            return new ReplayedAnswer(default, required.Name, int.MaxValue, 0, TimeSpan.Zero, TimeSpan.Zero, []);
        }

        if (limits.Count == 0)
        {
            return ReplayedAnswer.Unmetered;
        }

        if (WaitedInVain(call, limits))
        {
            return ReplayedAnswer.Of(call);
        }

        Run run = RunOf(call);
        run.MoveTo(call);
        return Decide(call, run, new RateLimitRequest(limits, caller) { Slots = limits.SlotCount == 0 ? null : new HeldSlots() });
    }

    /// <summary>Does to a call what was done to it.</summary>
    internal void Apply(RecordedChange change)
    {
        Run run = RunOf(change);
        run.MoveTo(change);
        if (!run.Open.TryGetValue(change.Call, out OpenCall open))
        {
            Unmatched += run.Refused.Contains(change.Call) ? 0 : 1;
            return;
        }

        switch (change.Change)
        {
            case StoreChange.Release:
                run.Store.Release(open.Request);
                break;
            case StoreChange.Charge:
                run.Store.Charge(open.Request);
                break;
            case StoreChange.Refund or StoreChange.Cancel when open.Charged is RateLimitRequest charged:
                run.Store.Cancel(charged, open.Reservation); // A call that was not held is refunded by this.
                break;
        }
    }

    /// <summary>Makes buckets full as they were made full.</summary>
    internal void Apply(RecordedReset reset)
    {
        if (_policies.Of(reset.Server) is RateLimitPolicy policy)
        {
            Run run = RunOf(reset);
            run.MoveTo(reset);
            RateLimit[] limits = [.. policy.Limits.Where(limit => reset.Limits.Contains(limit.Name))];
            run.Store.Reset(limits, reset.Caller.ToIdentity());
        }
    }

    // In a run, a call without a number waited for a slot and got none: nothing was changed, and its turn is not recorded.
    private bool WaitedInVain(RecordedCall call, ApplicableLimits limits) =>
        call is { Run: null, LacksIdentity: false, Limit: not null }
        && _index.Runs > 0
        && limits.Wait > TimeSpan.Zero
        && limits.Limits.ToArray().Any(limit => limit.Concurrency is not null && limit.Name == call.Limit);

    private ReplayedAnswer Decide(RecordedCall call, Run run, in RateLimitRequest request)
    {
        ApplicableLimits limits = request.Limits;
        RateLimitReservation reservation = limits.Wait > TimeSpan.Zero
            ? run.Store.Reserve(request, MaxWaitOf(call, limits, run), _states)
            : new RateLimitReservation { Decision = run.Store.Acquire(request, _states) };
        RateLimitDecision answer = reservation.Decision;
        if (answer.IsAllowed)
        {
            run.Note(call, new OpenCall(request, request.ChargedPart(_states), reservation), LastsOf(call, limits) is TimeSpan lasts ? reservation.Delay + lasts : null);
        }
        else if (call.Number > 0 && call.Outcome == RateLimitOutcome.Allowed)
        {
            run.Refused.Add(call.Number); // Its refund and its release have no effect here.
        }

        uint wouldRefuse = PermissiveBits.Of(answer, limits, _states);
        return new ReplayedAnswer(
            answer.Outcome,
            answer.Limit?.Name,
            answer.Remaining,
            answer.Running,
            answer.RetryAfter,
            reservation.Delay,
            wouldRefuse == 0
                ? []
                : [.. Enumerable.Range(0, limits.Count).Where(i => (wouldRefuse >> i & 1) != 0).Select(i => limits[i].Name)]);
    }

    // Where calls could be held, the record says for which ones no place was left, and how much of its time a call had left that waited for
    // a slot. Elsewhere the calls that are held here are counted.
    private TimeSpan MaxWaitOf(RecordedCall call, ApplicableLimits limits, Run run) => _index.WaitingServers.Contains(call.Server)
        ? (call.MaxWait == TimeSpan.Zero || limits.Wait == _index.LongestWaitOf(call) ? call.MaxWait : limits.Wait)
        : run.HasRoom(_policies.Of(call.Server)!.Settings.MaxWaiting) ? limits.Wait : TimeSpan.Zero;

    // A call that was allowed in a run with releases ends when its release comes, or with the run.
    private TimeSpan? LastsOf(RecordedCall call, ApplicableLimits limits) =>
        limits.SlotCount == 0 || (call.Run is DateTimeOffset run && (_index.Released.Contains((run, call.Number)) || (call.Outcome == RateLimitOutcome.Allowed && _index.HasReleases(run))))
            ? null
            : _callTime;

    // A call about which no store was asked has no run; nor has one of a shared store.
    private Run RunOf(RecordedEvent recorded)
    {
        if (recorded.Run is null && _latest is not null)
        {
            return _latest;
        }

        DateTimeOffset start = recorded.Run ?? recorded.At;
        if (!_runs.TryGetValue(start, out Run? run))
        {
            if (_order.Count >= MaxRuns)
            {
                _runs.Remove(_order.Dequeue());
            }

            _order.Enqueue(start);
            _runs.Add(start, run = new Run(start, _policies.MaxKeys));
        }

        _latest = run;
        return run;
    }

    private readonly record struct OpenCall(RateLimitRequest Request, RateLimitRequest? Charged, RateLimitReservation Reservation);

    private sealed class Run
    {
        private readonly DateTimeOffset _start;
        private readonly SteppedClock _clock;
        private readonly Queue<long> _order = new();
        private readonly PriorityQueue<RateLimitRequest, long> _ends = new();
        private readonly PriorityQueue<int, long> _held = new();

        internal Run(DateTimeOffset start, int maxKeys)
        {
            _start = start;
            _clock = new SteppedClock(start);
            Store = new InProcessStore(new InProcessStoreOptions { MaxKeys = maxKeys }, _clock, isObserved: false);
        }

        internal InProcessStore Store { get; }

        /// <summary>Calls that were allowed here.</summary>
        internal Dictionary<long, OpenCall> Open { get; } = [];

        /// <summary>Calls that were rejected here, though a change may come for them.</summary>
        internal HashSet<long> Refused { get; } = [];

        internal void MoveTo(RecordedEvent recorded)
        {
            StoreTime time = recorded.Run is null
                ? new StoreTime(Math.Max(_clock.Now.Ticks, (recorded.At - _start).Ticks), recorded.At, _clock.Now.Slept)
                : recorded.Time;
            while (_ends.TryPeek(out RateLimitRequest ended, out long at) && at <= time.Ticks)
            {
                _ends.Dequeue();
                _clock.Now = _clock.Now with { Ticks = Math.Max(_clock.Now.Ticks, at) };
                Store.Release(ended);
            }

            _clock.Now = time;
        }

        internal bool HasRoom(int maxWaiting)
        {
            while (_held.TryPeek(out _, out long instant) && instant <= _clock.Now.Ticks)
            {
                _held.Dequeue();
            }

            return _held.Count < maxWaiting;
        }

        internal void Note(RecordedCall call, in OpenCall open, TimeSpan? lasts)
        {
            if (lasts is TimeSpan time)
            {
                _ends.Enqueue(open.Request, _clock.Now.Ticks + time.Ticks);
            }

            if (open.Reservation.Delay > TimeSpan.Zero)
            {
                _held.Enqueue(0, _clock.Now.Ticks + open.Reservation.Delay.Ticks);
            }

            if (call.Number == 0)
            {
                return;
            }

            Open[call.Number] = open;
            _order.Enqueue(call.Number);
            if (_order.Count > MaxOpenCalls)
            {
                Open.Remove(_order.Dequeue());
            }
        }
    }
}
