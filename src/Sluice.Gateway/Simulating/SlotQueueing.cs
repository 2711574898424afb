namespace Sluice.Gateway;

/// <summary>The calls of a simulation that wait for a slot. The queues are those of the gateway.</summary>
/// <remarks>Thread safety: one thread.</remarks>
/// <param name="store">The store, whose slots they wait for.</param>
/// <param name="time">The clock.</param>
internal sealed class SlotQueueing(InProcessStore store, TimeProvider time) : IDisposable
{
    private readonly SlotWaiters _waiters = SlotWaiters.Of(store, time);
    private readonly HeldCalls _held = new(int.MaxValue, time);
    private readonly PriorityQueue<Waiter, long> _ends = new();
    private readonly Queue<Waiter> _served = new();

    /// <summary>When the next wait times out, in ticks since the start; or <see cref="long.MaxValue"/>.</summary>
    internal long NextEnd
    {
        get
        {
            while (_ends.TryPeek(out Waiter? first, out _) && first.HasEnded)
            {
                _ends.Dequeue();
            }

            return _ends.TryPeek(out _, out long ticks) ? ticks : long.MaxValue;
        }
    }

    /// <summary>The limit for whose slots other calls wait already; null if there is none.</summary>
    internal RateLimit? QueueFor(in RateLimitRequest request) => _waiters.QueueFor(request);

    /// <summary>Lets a call wait. If a slot has become free, <see cref="TryTakeServed"/> gives it at once.</summary>
    internal void Add(
        in Arrival arrival, SelectedLimits selected, in RateLimitRequest request, in RateLimitReservation answer, RateLimit limit)
    {
        TimeSpan wait = selected.Limits.Wait;
        _held.TryEnter(wait, subject: null, out HeldCalls.HeldCall? place);
        Waiter waiter = new(arrival, selected, request, _held, place!, _served) { Answer = answer };
        _ends.Enqueue(waiter, arrival.Ticks + wait.Ticks);
        _waiters.Add(waiter, limit);
    }

    /// <summary>A call that the store has decided; its answer allows it, or rejects it for another reason than a slot.</summary>
    internal bool TryTakeServed(out Waiter served) => _served.TryDequeue(out served!);

    /// <summary>Ends the wait that <see cref="NextEnd"/> tells.</summary>
    internal Waiter EndNext()
    {
        Waiter waiter = _ends.Dequeue();
        waiter.HasEnded = true;
        _held.TryServe(waiter.Place);
        ValueTask removal = _waiters.RemoveAsync(waiter);
        return removal.IsCompletedSuccessfully ? waiter : throw new InvalidOperationException("A store in memory decides at once.");
    }

    public void Dispose() => _held.Dispose();

    /// <summary>A call that waits.</summary>
    internal sealed class Waiter(
        Arrival arrival, SelectedLimits selected, in RateLimitRequest request, HeldCalls held, HeldCalls.HeldCall place, Queue<Waiter> served)
        : SlotWaiter(request, new LimitState[selected.Limits.Count], held, place)
    {
        internal Arrival Arrival => arrival;

        internal SelectedLimits Selected => selected;

        /// <summary>Whether it no longer waits.</summary>
        internal bool HasEnded { get; set; }

        internal override void OnServed()
        {
            HasEnded = true;
            served.Enqueue(this);
        }
    }
}
