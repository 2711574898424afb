namespace Sluice;

/// <summary>Calls that were admitted for a later instant, until that instant.</summary>
/// <remarks>
/// <para>A held call uses no thread. One timer serves all of them; it is set to the earliest instant.</para>
/// <para>
/// A call is released at its instant or later, never before: a timer of the runtime has a resolution of a millisecond, so the time to
/// the instant is rounded up, and the clock is read again before a call is released. Calls are released in the order of their instants,
/// and of their arrival where instants are equal.
/// </para>
/// <para>Thread safety: any number of threads.</para>
/// </remarks>
/// <param name="max">How many calls are held at a time.</param>
/// <param name="time">The clock.</param>
internal sealed class HeldCalls(int max, TimeProvider time) : IDisposable
{
    private static readonly Comparer<HeldCall> ByInstant = Comparer<HeldCall>.Create(static (left, right) =>
        left.Due != right.Due ? left.Due.CompareTo(right.Due) : left.Order.CompareTo(right.Order));

    /// <summary>The timers of the runtime take 49 days.</summary>
    private static readonly TimeSpan LongestTimer = TimeSpan.FromDays(1);

    private readonly Lock _gate = new();
    private readonly SortedSet<HeldCall> _calls = new(ByInstant);
    private ITimer? _timer;
    private long _lastOrder;
    private long _timerDue = long.MaxValue;
    private bool _hasEnded;

    /// <summary>How a hold ended.</summary>
    internal enum End
    {
        /// <summary>The instant has come.</summary>
        Forward,

        /// <summary>All places are taken, so the call was not held.</summary>
        Full,

        /// <summary>The server stops.</summary>
        Stopped,

        /// <summary>What the call waited for has come before its instant.</summary>
        Served,
    }

    /// <summary>How many calls are held.</summary>
    internal int Count
    {
        get
        {
            lock (_gate)
            {
                return _calls.Count;
            }
        }
    }

    /// <summary>Calls that are held, the next to go first.</summary>
    /// <param name="most">The most calls.</param>
    internal HeldCall[] Take(int most)
    {
        lock (_gate)
        {
            return [.. _calls.Take(most)];
        }
    }

    /// <summary>How many calls are held at a time. Calls above a smaller bound stay held.</summary>
    internal int Max { get; set; } = max;

    /// <summary>Whether another call can be held.</summary>
    internal bool HasRoom => Count < Max;

    /// <summary>Takes a place for a call.</summary>
    /// <param name="delay">How long to hold it, from now.</param>
    /// <param name="subject">What the call is, for operators; null for nothing.</param>
    /// <param name="call">The place, or null if the call is not held.</param>
    internal End TryEnter(TimeSpan delay, HeldCallSubject? subject, out HeldCall? call) => TryEnter(delay, subject, Max, out call);

    private End TryEnter(TimeSpan delay, HeldCallSubject? subject, int most, out HeldCall? call)
    {
        lock (_gate)
        {
            call = null;
            if (_hasEnded)
            {
                return End.Stopped;
            }

            if (_calls.Count >= most)
            {
                return End.Full;
            }

            call = new HeldCall(time.GetTimestamp() + ToTimestamp(delay), ++_lastOrder) { Subject = subject };
            _calls.Add(call);
            SetTimerLocked();
            return End.Forward;
        }
    }

    /// <summary>Ends the hold of a call before its instant, because it has what it waits for. False if it has ended already.</summary>
    internal bool TryServe(HeldCall call)
    {
        bool wasHeld;
        lock (_gate)
        {
            wasHeld = _calls.Remove(call);
        }

        return wasHeld && call.TrySetResult(End.Served);
    }

    /// <summary>Holds a call that was served on, until a later instant; it has its place already.</summary>
    internal End TryStay(TimeSpan delay, HeldCallSubject? subject, out HeldCall? call) => TryEnter(delay, subject, int.MaxValue, out call);

    /// <summary>The time until the instant of a call.</summary>
    internal TimeSpan TimeLeft(HeldCall call) => time.GetElapsedTime(time.GetTimestamp(), call.Due);

    /// <summary>Waits until the instant of a call has come.</summary>
    /// <exception cref="OperationCanceledException">The call was cancelled, and its place is free.</exception>
    internal Task<End> WaitAsync(HeldCall call, CancellationToken cancellationToken) =>
        cancellationToken.CanBeCanceled ? WaitCancellablyAsync(call, cancellationToken) : call.Task;

    private async Task<End> WaitCancellablyAsync(HeldCall call, CancellationToken cancellationToken)
    {
        await using (cancellationToken.UnsafeRegister(static (state, token) => ((Cancelling)state!).Run(token), new Cancelling(this, call)).ConfigureAwait(false))
        {
            return await call.Task.ConfigureAwait(false);
        }
    }

    /// <summary>Ends all holds, because the server stops. No further call is held.</summary>
    internal void EndAll()
    {
        HeldCall[] ended;
        lock (_gate)
        {
            _hasEnded = true;
            ended = [.. _calls];
            _calls.Clear();
            SetTimerLocked();
        }

        foreach (HeldCall call in ended)
        {
            call.TrySetResult(End.Stopped);
        }
    }

    public void Dispose()
    {
        EndAll();
        lock (_gate)
        {
            _timer?.Dispose();
            _timer = null;
        }
    }

    private void Release()
    {
        List<HeldCall> due = [];
        lock (_gate)
        {
            _timerDue = long.MaxValue;
            long now = time.GetTimestamp();
            while (_calls.Min is HeldCall first && first.Due <= now)
            {
                _calls.Remove(first);
                due.Add(first);
            }

            SetTimerLocked();
        }

        foreach (HeldCall call in due)
        {
            call.TrySetResult(End.Forward);
        }
    }

    private void Cancel(HeldCall call, CancellationToken cancellationToken)
    {
        bool wasHeld;
        lock (_gate)
        {
            wasHeld = _calls.Remove(call);
        }

        if (wasHeld)
        {
            call.TrySetCanceled(cancellationToken); // The timer stays as it is: at worst it finds nothing to do.
        }
    }

    private void SetTimerLocked()
    {
        if (_calls.Min is not HeldCall first || first.Due >= _timerDue)
        {
            return;
        }

        _timer ??= CreateTimer();
        _timerDue = first.Due;
        _timer.Change(TimeUntil(first.Due), Timeout.InfiniteTimeSpan);
    }

    // The timer must not keep the identity of the caller that it was made for.
    private ITimer CreateTimer()
    {
        using (ExecutionContext.SuppressFlow())
        {
            return time.CreateTimer(static state => ((HeldCalls)state!).Release(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    private TimeSpan TimeUntil(long due)
    {
        TimeSpan left = time.GetElapsedTime(time.GetTimestamp(), due);
        return left <= TimeSpan.Zero ? TimeSpan.Zero
            : left > LongestTimer ? LongestTimer // It then finds nothing to release, and is set again.
            : TimeSpan.FromMilliseconds(Math.Ceiling(left.TotalMilliseconds));
    }

    private long ToTimestamp(TimeSpan delay) =>
        (long)(((Int128)delay.Ticks * time.TimestampFrequency + TimeSpan.TicksPerSecond - 1) / TimeSpan.TicksPerSecond);

    /// <summary>A call that is held.</summary>
    /// <param name="due">The timestamp of its instant.</param>
    /// <param name="order">Its place among those of the same instant.</param>
    internal sealed class HeldCall(long due, long order) : TaskCompletionSource<End>(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        internal long Due => due;

        internal long Order => order;

        /// <summary>What the call is, for operators; null for nothing. It is set before another thread can see the call.</summary>
        internal HeldCallSubject? Subject { get; set; }
    }

    private sealed record Cancelling(HeldCalls Owner, HeldCall Call)
    {
        internal void Run(CancellationToken cancellationToken) => Owner.Cancel(Call, cancellationToken);
    }
}

/// <summary>What a held call is.</summary>
/// <param name="Limit">The limit with the smallest part left; of a call that waits for a slot, the limit that has none.</param>
/// <param name="Caller">The caller.</param>
/// <param name="Since">The timestamp at which it was held.</param>
internal sealed record HeldCallSubject(RateLimit Limit, CallerIdentity Caller, long Since);
