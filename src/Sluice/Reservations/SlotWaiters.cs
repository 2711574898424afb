namespace Sluice;

/// <summary>The calls that wait for slots of a store. Callers take turns.</summary>
/// <remarks>
/// <para>
/// A call waits in the queue of the bucket that rejected it. When a slot of that bucket is released, the first call of the next caller
/// is decided again. If another bucket rejects it then, it moves to the queue of that one. A call that waits has charged nothing.
/// </para>
/// <para>A call that waits is not decided yet, so it is decided by the limits that are in force when it is served.</para>
/// <para>A waiting call uses no thread. Thread safety: any number of threads.</para>
/// </remarks>
/// <param name="store">The store. It tells each release to <see cref="Released"/>.</param>
internal class SlotWaiters(IRateLimitStore store)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<SlotQueue.SlotBucket, SlotQueue> _queues = [];
    private int _count;

    /// <summary>How many calls wait.</summary>
    internal int Count => Volatile.Read(ref _count);

    /// <summary>The waiting calls of a store.</summary>
    internal static SlotWaiters Of(IRateLimitStore store, TimeProvider time) =>
        (store as ISlotWaiting)?.SlotWaiters ?? new PolledSlotWaiters(store, time);

    /// <summary>The limit of a call for whose slots other calls wait already: it must queue behind them. Null if there is none.</summary>
    internal RateLimit? QueueFor(in RateLimitRequest request)
    {
        if (Count == 0)
        {
            return null;
        }

        CallerIdentity caller = request.Caller;
        lock (_gate)
        {
            return Array.Find(
                request.Limits.Limits.ToArray(),
                limit => limit is { Concurrency: not null, Mode: LimitMode.Enforce } && _queues.ContainsKey(SlotQueue.SlotBucket.Of(limit, caller)));
        }
    }

    /// <summary>The limit that has no slot for a call, where a slot is all that the call lacks; else null.</summary>
    /// <param name="request">The call.</param>
    /// <param name="decision">What the store answered.</param>
    /// <param name="states">The state of each limit.</param>
    /// <param name="maxWait">How long the call may wait for its tokens.</param>
    internal static RateLimit? LimitWithoutSlot(
        in RateLimitRequest request, in RateLimitDecision decision, ReadOnlySpan<LimitState> states, TimeSpan maxWait)
    {
        if (decision.Outcome != RateLimitOutcome.Denied || decision.Limit is null || decision.Limit.Concurrency is not null)
        {
            return decision.Outcome == RateLimitOutcome.Denied ? decision.Limit : null;
        }

        // The rate has the longer wait, and the call could wait for it.
        for (int i = 0; i < states.Length && decision.RetryAfter <= maxWait; i++)
        {
            if (request.Limits[i] is { Concurrency: not null, Mode: LimitMode.Enforce } && states[i].Outcome == RateLimitOutcome.Denied)
            {
                return request.Limits[i];
            }
        }

        return null;
    }

    /// <summary>Lets a call wait for a slot.</summary>
    /// <param name="waiter">The call.</param>
    /// <param name="limit">The limit that has no slot for it.</param>
    internal void Add(SlotWaiter waiter, RateLimit limit)
    {
        SlotQueue queue;
        lock (_gate)
        {
            queue = EnterLocked(waiter, waiter.Renew() ? SlotQueue.SlotBucket.None : SlotQueue.SlotBucket.Of(limit, waiter.Request.Caller));
            OnWaitingLocked();
        }

        _ = ServeAsync(queue); // A slot may have become free since the call was rejected.
    }

    /// <summary>Ends the wait of a call. After that, no attempt is made for it.</summary>
    internal async ValueTask RemoveAsync(SlotWaiter waiter)
    {
        SlotQueue? queue;
        Task attempt;
        lock (_gate)
        {
            queue = waiter.Queue;
            LeaveLocked(waiter, isServed: false);
            attempt = waiter.Attempt;
        }

        await attempt.ConfigureAwait(false);
        if (queue is not null)
        {
            _ = ServeAsync(queue); // Those behind it may be in time for a slot that was not for this one.
        }
    }

    /// <summary>Tells that a call has released its slots.</summary>
    internal void Released(ApplicableLimits limits, CallerIdentity caller)
    {
        if (Count == 0)
        {
            return;
        }

        foreach (SlotQueue.SlotBucket bucket in SlotQueue.SlotBucket.AllOf(limits, caller))
        {
            SlotQueue? queue;
            lock (_gate)
            {
                queue = _queues.GetValueOrDefault(bucket);
            }

            if (queue is not null)
            {
                _ = ServeAsync(queue);
            }
        }
    }

    /// <summary>Tells that other limits are in force: the calls that wait are decided by them, in their turns.</summary>
    internal void Renew()
    {
        HashSet<SlotQueue> changed = [];
        lock (_gate)
        {
            foreach (SlotQueue queue in _queues.Values.ToArray())
            {
                if (queue.IsServing)
                {
                    changed.Add(queue); // The call that is being decided is decided again, by the limits in force.
                }

                foreach (SlotWaiter waiter in queue.Waiters.ToList().Where(waiter => waiter.Attempt.IsCompleted && waiter.Renew()))
                {
                    changed.Add(queue);
                    if (!SlotQueue.SlotBucket.AllOf(waiter.Request.Limits, waiter.Request.Caller).Contains(queue.Bucket))
                    {
                        LeaveLocked(waiter, isServed: false); // Nothing of what those before it wait for concerns it any more.
                        changed.Add(EnterLocked(waiter, SlotQueue.SlotBucket.None));
                    }
                }
            }

            if (_count > 0)
            {
                OnWaitingLocked(); // For a moment none may have been in a queue.
            }
        }

        foreach (SlotQueue queue in changed)
        {
            _ = ServeAsync(queue);
        }
    }

    /// <summary>Decides the first call of each queue again.</summary>
    private protected void ServeAll()
    {
        SlotQueue[] queues;
        lock (_gate)
        {
            queues = [.. _queues.Values];
        }

        foreach (SlotQueue queue in queues)
        {
            _ = ServeAsync(queue);
        }
    }

    /// <summary>Told that a call waits.</summary>
    private protected virtual void OnWaitingLocked()
    {
    }

    /// <summary>Told that no call waits any more.</summary>
    private protected virtual void OnIdleLocked()
    {
    }

    private async Task ServeAsync(SlotQueue queue)
    {
        bool isServed = true;
        while (isServed)
        {
            SlotWaiter? waiter;
            TaskCompletionSource attempt = new(TaskCreationOptions.RunContinuationsAsynchronously);
            lock (_gate)
            {
                if (queue.IsServing || !queue.Waiters.TryPeek(out waiter))
                {
                    queue.MayServeAgain = queue.IsServing;
                    return;
                }

                queue.IsServing = true;
                queue.MayServeAgain = false;
                waiter.Renew();
                if (waiter.Request.Slots is HeldSlots slots)
                {
                    slots.KeepsTurn = true;
                }

                waiter.Attempt = attempt.Task;
            }

            try
            {
                isServed = await TryAsync(waiter, queue).ConfigureAwait(false);
            }
            finally
            {
                attempt.SetResult();
                lock (_gate)
                {
                    queue.IsServing = false;
                    isServed |= queue.MayServeAgain;
                }
            }
        }
    }

    /// <summary>Decides a waiting call again. Says whether another of the queue may be served now.</summary>
    private async ValueTask<bool> TryAsync(SlotWaiter waiter, SlotQueue queue)
    {
        TimeSpan left = waiter.Held.TimeLeft(waiter.Place);
        if (left <= TimeSpan.Zero)
        {
            return Leave(waiter, isServed: false); // Its place is about to end.
        }

        if (!waiter.AsksStore)
        {
            Leave(waiter, isServed: true);
            TryServe(waiter);
            return true;
        }

        RateLimitReservation answer = await store.ReserveAsync(waiter.Request, left, waiter.States, CancellationToken.None).ConfigureAwait(false);
        waiter.Answer = answer;
        if (LimitWithoutSlot(waiter.Request, answer.Decision, waiter.States.Span, left) is RateLimit limit)
        {
            return TryMove(waiter, limit, queue);
        }

        Leave(waiter, isServed: true);
        if (!TryServe(waiter) && answer.Decision.IsAllowed)
        {
            await GiveBackAsync(waiter.Request, waiter.Request.ChargedPart(waiter.States.Span), answer).ConfigureAwait(false);
        }

        return true;
    }

    private static bool TryServe(SlotWaiter waiter)
    {
        bool isServed = waiter.Held.TryServe(waiter.Place);
        if (isServed)
        {
            waiter.OnServed();
        }

        return isServed;
    }

    // The queue of the bucket that rejects the call now. It stays where it is if that is the same.
    private bool TryMove(SlotWaiter waiter, RateLimit limit, SlotQueue from)
    {
        SlotQueue to;
        waiter.Place.Subject = waiter.Place.Subject is HeldCallSubject subject ? subject with { Limit = limit } : null;
        lock (_gate)
        {
            if (waiter.Queue is null || SlotQueue.SlotBucket.Of(limit, waiter.Request.Caller) == from.Bucket)
            {
                return waiter.Queue is null;
            }

            LeaveLocked(waiter, isServed: false);
            to = EnterLocked(waiter, SlotQueue.SlotBucket.Of(limit, waiter.Request.Caller));
            OnWaitingLocked(); // For a moment it may have been in no queue, and the only one that waits.
        }

        _ = ServeAsync(to); // Its slot may have become free since.
        return true;
    }

    private async ValueTask GiveBackAsync(RateLimitRequest request, RateLimitRequest? charged, RateLimitReservation answer)
    {
        if (charged is RateLimitRequest part && answer.Decision.Source != DecisionSource.OnStoreFailure)
        {
            await store.CancelAsync(part, answer, CancellationToken.None).ConfigureAwait(false);
        }

        await store.ReleaseAsync(request, CancellationToken.None).ConfigureAwait(false);
    }

    private bool Leave(SlotWaiter waiter, bool isServed)
    {
        lock (_gate)
        {
            LeaveLocked(waiter, isServed);
        }

        return true;
    }

    private SlotQueue EnterLocked(SlotWaiter waiter, SlotQueue.SlotBucket bucket)
    {
        if (!_queues.TryGetValue(bucket, out SlotQueue? queue))
        {
            _queues.Add(bucket, queue = new SlotQueue(bucket));
        }

        waiter.Queue = queue;
        waiter.Turn = queue.Waiters.Enqueue(waiter.Request.Caller, waiter);
        _count++;
        return queue;
    }

    private void LeaveLocked(SlotWaiter waiter, bool isServed)
    {
        if (waiter.Queue is not SlotQueue queue)
        {
            return;
        }

        waiter.Queue = null;
        _count--;
        if (isServed)
        {
            queue.Waiters.Serve(waiter.Turn);
        }
        else
        {
            queue.Waiters.Remove(waiter.Turn);
        }

        if (queue.Waiters.Count == 0)
        {
            _queues.Remove(queue.Bucket);
        }

        if (_count == 0)
        {
            OnIdleLocked();
        }
    }
}
