using System.Runtime.InteropServices;

namespace Sluice.Gateway;

/// <summary>Decides simulated traffic by the engine, on a clock that moves with the calls.</summary>
/// <remarks>Thread safety: one thread.</remarks>
internal sealed class Simulation
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
    private readonly PriorityQueue<int, long> _held = new();
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
        _tally = new SimulationTally(traffic);
        long pairs = (long)traffic.Callers.Length * traffic.Operations.Length;
        _selected = pairs <= MaxCached ? new SelectedLimits?[pairs] : null;
    }

    /// <summary>Runs it, once.</summary>
    /// <param name="replace">Other limits in the place of those that a call has; null to keep them.</param>
    /// <param name="progress">Called from time to time with the number of calls decided; or null.</param>
    /// <param name="cancellationToken">Ends it.</param>
    internal SimulationReport Run(Func<ApplicableLimits, ApplicableLimits>? replace, Action<long>? progress, CancellationToken cancellationToken)
    {
        IArrivals arrivals = _traffic.Begin();
        long calls = 0;
        while (arrivals.TryNext(out Arrival arrival))
        {
            _clock.Now = new StoreTime(arrival.Ticks, _start.AddTicks(arrival.Ticks), TimeSpan.Zero);
            SelectedLimits selected = Select(arrival, replace);
            selected.Calls++;
            Decide(arrival, selected);
            if (++calls % CallsPerLook == 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
                progress?.Invoke(calls);
            }
        }

        return _tally.ToReport(_byLimits.Values);
    }

    private SelectedLimits Select(in Arrival arrival, Func<ApplicableLimits, ApplicableLimits>? replace)
    {
        int pair = (arrival.Caller * _traffic.Operations.Length) + arrival.Operation;
        if (_selected is not null && _selected[pair] is SelectedLimits known)
        {
            return known;
        }

        SimulatedOperation operation = _traffic.Operations[arrival.Operation];
        ApplicableLimits limits =
            operation.Policy?.Select(operation.Method, operation.Name, _traffic.Callers[arrival.Caller].Identity) ?? ApplicableLimits.None;
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
            Count(arrival, selected, answer, TimeSpan.Zero);
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
        Release(arrival.Ticks);
        ApplicableLimits limits = selected.Limits;
        HeldSlots? slots = limits.SlotCount == 0 ? null : _freeSlots.TryPop(out HeldSlots? free) ? free : new HeldSlots();
        RateLimitRequest request = new(limits, _traffic.Callers[arrival.Caller].Identity) { Slots = slots };
        TimeSpan delay = TimeSpan.Zero;
        RateLimitDecision answer;
        if (limits.Wait > TimeSpan.Zero)
        {
            bool hasRoom = _held.Count < selected.Operation.Policy!.Settings.MaxWaiting;
            RateLimitReservation reservation = _store.Reserve(request, hasRoom ? limits.Wait : TimeSpan.Zero, _states);
            answer = reservation.Decision;
            delay = reservation.Delay;
            if (delay > TimeSpan.Zero)
            {
                _held.Enqueue(0, arrival.Ticks + delay.Ticks);
            }
        }
        else
        {
            answer = _store.Acquire(request, _states);
        }

        Count(arrival, selected, answer, delay);
        if (slots is not null && answer.IsAllowed)
        {
            _running.Enqueue(request, arrival.Ticks + delay.Ticks + _callTime.Ticks);
        }
        else if (slots is not null)
        {
            _freeSlots.Push(slots);
        }
    }

    private void Release(long now)
    {
        while (_running.TryPeek(out RateLimitRequest first, out long ends) && ends <= now)
        {
            _running.Dequeue();
            _store.Release(first);
            _freeSlots.Push(first.Slots!);
        }

        while (_held.TryPeek(out _, out long instant) && instant <= now)
        {
            _held.Dequeue();
        }
    }

    private void Count(in Arrival arrival, SelectedLimits selected, in RateLimitDecision answer, TimeSpan delay)
    {
        if (answer.IsAllowed)
        {
            _tally.CountAllowed(arrival, delay);
            if (selected.IsPermissive)
            {
                selected.CountWouldRefuse(_states);
            }
        }
        else
        {
            _tally.CountRefused(arrival, answer.Limit!, answer.RetryAfter, answer.Outcome == RateLimitOutcome.Unsatisfiable);
        }
    }
}
