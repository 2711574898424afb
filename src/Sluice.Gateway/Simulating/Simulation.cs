using System.Runtime.InteropServices;

namespace Sluice.Gateway;

/// <summary>Decides simulated traffic by the engine, on a clock that moves with the calls.</summary>
/// <remarks>Thread safety: one thread.</remarks>
internal sealed class Simulation : IDisposable
{
    /// <summary>Calls between two looks at what is asked from outside.</summary>
    private const int CallsPerLook = 16_384;
    private const int MaxCached = 4_000_000;
    private readonly ITraffic _traffic;
    private readonly TimeSpan _callTime;
    private readonly DateTimeOffset _start;
    private readonly SteppedClock _clock;
    private readonly InProcessStore _store;
    private readonly SimulationTally _tally;
    private readonly SelectedLimits?[]? _selected;
    private readonly Dictionary<ApplicableLimits, SelectedLimits> _byLimits = [];
    private readonly PriorityQueue<RateLimitRequest, long> _running = new();
    private readonly Stack<HeldSlots> _freeSlots = new();
    private readonly PriorityQueue<RateLimitPolicy, long> _held = new();
    private readonly Dictionary<RateLimitPolicy, int> _heldOf = [];
    private readonly SlotQueueing _waiting;
    private readonly LimitState[] _states = new LimitState[ApplicableLimits.MaxCount];

    /// <param name="traffic">The calls.</param>
    /// <param name="callTime">How long a call that is allowed takes; it holds its slots so long.</param>
    /// <param name="maxKeys">How many keys the store remembers.</param>
    internal Simulation(ITraffic traffic, TimeSpan callTime, int maxKeys)
    {
        _traffic = traffic;
        _callTime = callTime;
        _start = traffic.Start;
        _clock = new SteppedClock(traffic.Start);
        _store = new InProcessStore(new InProcessStoreOptions { MaxKeys = maxKeys }, _clock, isObserved: false);
        _waiting = new SlotQueueing(_store, _clock);
        _tally = new SimulationTally(traffic, callTime);
        long pairs = (long)traffic.Callers.Length * traffic.Operations.Length;
        _selected = pairs <= MaxCached ? new SelectedLimits?[pairs] : null;
    }

    /// <summary>Runs it, once.</summary>
    /// <param name="replace">Other limits in the place of those that a call has; null to keep them.</param>
    /// <param name="progress">Called from time to time with the number of calls decided; or null.</param>
    /// <param name="cancellationToken">Ends it.</param>
    internal SimulationReport Run(
        Func<ApplicableLimits, ApplicableLimits>? replace, Action<long>? progress, CancellationToken cancellationToken)
    {
        IArrivals arrivals = _traffic.Begin();
        long calls = 0;
        while (arrivals.TryNext(out Arrival arrival))
        {
            Advance(arrival.Ticks);
            MoveTo(arrival.Ticks);
            SelectedLimits selected = Select(arrival, replace);
            selected.Calls++;
            Decide(arrival, selected);
            if (++calls % CallsPerLook == 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
                progress?.Invoke(calls);
            }
        }

        Advance(long.MaxValue); // Calls that came before the end may wait beyond it.
        return _tally.ToReport(_byLimits.Values);
    }

    public void Dispose() => _waiting.Dispose();

    private SelectedLimits Select(in Arrival arrival, Func<ApplicableLimits, ApplicableLimits>? replace)
    {
        int pair = (arrival.Caller * _traffic.Operations.Length) + arrival.Operation;
        if (_selected is not null && _selected[pair] is SelectedLimits known)
        {
            return known;
        }

        SimulatedOperation operation = _traffic.Operations[arrival.Operation];
        ApplicableLimits limits =
            operation.Policy?.SelectFor(operation.Method, operation.Name, operation.Backend, _traffic.Callers[arrival.Caller].Identity)
            ?? ApplicableLimits.None;
        ref SelectedLimits? found = ref CollectionsMarshal.GetValueRefOrAddDefault(_byLimits, limits, out _);
        found ??= new SelectedLimits(operation, replace is null ? limits : replace(limits));
        if (_selected is not null)
        {
            _selected[pair] = found;
        }

        return found;
    }

    private void Decide(in Arrival arrival, SelectedLimits selected)
    {
        if (selected.IsPlain)
        {
            RateLimitDecision answer = _store.Acquire(
                new RateLimitRequest(selected.Limits, _traffic.Callers[arrival.Caller].Identity), selected.IsPermissive ? _states : []);
            Count(arrival, selected, answer, _states, TimeSpan.Zero);
        }
        else if (selected.Limits.IdentityRequiredBy is RateLimit required)
        {
            _tally.CountRefused(arrival, required, Timeout.InfiniteTimeSpan, isForGood: true);
        }
        else if (selected.Limits.Count == 0)
        {
            _tally.CountAllowed(arrival, TimeSpan.Zero);
        }
        else
        {
            DecideAny(arrival, selected);
        }
    }

    private void DecideAny(in Arrival arrival, SelectedLimits selected)
    {
        ApplicableLimits limits = selected.Limits;
        HeldSlots? slots = limits.SlotCount == 0 ? null : _freeSlots.TryPop(out HeldSlots? free) ? free : new HeldSlots();
        RateLimitRequest request = new(limits, _traffic.Callers[arrival.Caller].Identity) { Slots = slots };
        if (limits.Wait == TimeSpan.Zero)
        {
            Conclude(arrival, selected, request, new RateLimitReservation { Decision = _store.Acquire(request, _states) }, _states);
            return;
        }

        RateLimitPolicy policy = selected.Operation.Policy!;
        bool hasRoom = _heldOf.GetValueOrDefault(policy) < policy.Settings.MaxWaiting;
        RateLimitReservation reservation = default;
        RateLimit? limit = hasRoom && slots is not null ? _waiting.QueueFor(request) : null;
        if (limit is null)
        {
            reservation = _store.Reserve(request, hasRoom ? limits.Wait : TimeSpan.Zero, _states);
            limit = hasRoom ? SlotWaiters.LimitWithoutSlot(request, reservation.Decision, _states, limits.Wait) : null;
        }

        if (limit?.Concurrency is null)
        {
            Conclude(arrival, selected, request, reservation, _states);
            return;
        }

        CountHeld(policy, 1);
        _waiting.Add(arrival, selected, request, reservation, limit);
        TakeServed();
    }

    /// <summary>Processes everything that is due before an instant: calls end, held calls start, and waits for a slot time out.</summary>
    private void Advance(long until)
    {
        while (true)
        {
            long end = _running.TryPeek(out _, out long ends) ? ends : long.MaxValue;
            long go = _held.TryPeek(out _, out long goes) ? goes : long.MaxValue;
            long vain = _waiting.NextEnd;
            long next = Math.Min(Math.Min(end, go), vain);
            if (next == long.MaxValue || next > until)
            {
                return;
            }

            MoveTo(next);
            if (next == go)
            {
                CountHeld(_held.Dequeue(), -1);
            }
            else if (next == end)
            {
                RateLimitRequest ended = _running.Dequeue();
                _store.Release(ended);
                _freeSlots.Push(ended.Slots!);
                TakeServed();
            }
            else
            {
                EndInVain(_waiting.EndNext());
                TakeServed();
            }
        }
    }

    private void MoveTo(long ticks) => _clock.Now = new StoreTime(ticks, _start.AddTicks(ticks), TimeSpan.Zero);

    private void TakeServed()
    {
        while (_waiting.TryTakeServed(out SlotQueueing.Waiter served))
        {
            CountHeld(served.Selected.Operation.Policy!, -1);
            Conclude(served.Arrival, served.Selected, served.Request, served.Answer, served.States.Span);
        }
    }

    /// <summary>Decides a call whose wait for a slot has timed out.</summary>
    private void EndInVain(SlotQueueing.Waiter waiter)
    {
        CountHeld(waiter.Selected.Operation.Policy!, -1);
        RateLimitReservation answer = waiter.Answer.Decision.Limit is null
            ? _store.Reserve(waiter.Request, TimeSpan.Zero, waiter.States.Span)
            : waiter.Answer;
        Conclude(waiter.Arrival, waiter.Selected, waiter.Request, answer, waiter.States.Span);
    }

    /// <summary>Counts a call that is decided now, and lets it run if it is allowed.</summary>
    private void Conclude(
        in Arrival arrival, SelectedLimits selected, in RateLimitRequest request, in RateLimitReservation answer, ReadOnlySpan<LimitState> states)
    {
        long goes = _clock.Now.Ticks + answer.Delay.Ticks;
        Count(arrival, selected, answer.Decision, states, TimeSpan.FromTicks(goes - arrival.Ticks));
        if (answer.Delay > TimeSpan.Zero)
        {
            CountHeld(selected.Operation.Policy!, 1);
            _held.Enqueue(selected.Operation.Policy!, goes);
        }

        if (request.Slots is HeldSlots slots)
        {
            if (answer.Decision.IsAllowed)
            {
                _running.Enqueue(request, goes + _callTime.Ticks);
            }
            else
            {
                _freeSlots.Push(slots);
            }
        }
    }

    private void CountHeld(RateLimitPolicy policy, int more) =>
        CollectionsMarshal.GetValueRefOrAddDefault(_heldOf, policy, out _) += more;

    private void Count(
        in Arrival arrival, SelectedLimits selected, in RateLimitDecision answer, ReadOnlySpan<LimitState> states, TimeSpan delay)
    {
        if (answer.IsAllowed)
        {
            _tally.CountAllowed(arrival, delay);
            if (selected.IsPermissive)
            {
                selected.CountWouldRefuse(states);
            }
        }
        else
        {
            _tally.CountRefused(arrival, answer.Limit!, answer.RetryAfter, answer.Outcome == RateLimitOutcome.Unsatisfiable);
        }
    }
}
