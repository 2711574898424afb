namespace Sluice;

/// <summary>One bucket without a store: what a limiter for one key needs, in as little memory.</summary>
/// <remarks>
/// <para>It decides by the same algorithms as <see cref="InProcessStore"/>, and so gives the same answers.</para>
/// <para>Thread safety: every member may be called from any thread.</para>
/// </remarks>
internal sealed class OwnBucket(OwnLimit limit) : IPermits
{
    private readonly Lock _gate = new();
    private LimitNumbers _numbers = limit.Numbers();
    private BucketState _state;
    private LogPool? _log;

    /// <inheritdoc/>
    public bool MayBeDropped
    {
        get
        {
            LimitNumbers numbers = ReadNumbers();
            lock (_gate)
            {
                return BucketRules.ResetAfter(numbers, _state, EnterLocked(numbers)) == 0;
            }
        }
    }

    /// <inheritdoc/>
    public RateLimitDecision Acquire(int permitCount)
    {
        LimitNumbers numbers = ReadNumbers();
        ulong cost = (ulong)Math.Max(permitCount, 1);
        if (cost > numbers.Capacity)
        {
            throw LimiterCalls.TooManyPermits(limit.Limit, permitCount);
        }

        bool admits;
        int remaining;
        ulong waitTicks;
        lock (_gate)
        {
            ulong now = EnterLocked(numbers);
            admits = numbers.Algorithm == RateLimitAlgorithm.SlidingWindow
                ? TryTakeOfLogLocked(numbers, now, cost, permitCount != 0, out waitTicks)
                : TryTakeLocked(numbers, now, cost, permitCount != 0, out waitTicks);
            remaining = RemainingLocked(numbers, now);
        }

        return new RateLimitDecision
        {
            Outcome = admits ? RateLimitOutcome.Allowed : RateLimitOutcome.Denied,
            Limit = admits ? null : limit.Limit,
            Remaining = remaining,
            RetryAfter = TimeSpan.FromTicks((long)waitTicks),
        };
    }

    /// <inheritdoc/>
    public long Available()
    {
        LimitNumbers numbers = ReadNumbers();
        lock (_gate)
        {
            return RemainingLocked(numbers, EnterLocked(numbers));
        }
    }

    /// <summary>Asks the clock and reads the numbers, before the lock is taken: the clock may be another's code.</summary>
    private LimitNumbers ReadNumbers()
    {
        limit.Clock.Ask();
        return limit.Numbers();
    }

    /// <summary>The instant, with the state as it is under the numbers.</summary>
    private ulong EnterLocked(LimitNumbers numbers)
    {
        ulong now = limit.Clock.NowTicks();
        if (!ReferenceEquals(numbers, _numbers))
        {
            _state = BucketRules.Convert(_numbers, numbers, _state, now); // Only aligned windows get other numbers.
            _numbers = numbers;
        }

        return now;
    }

    private bool TryTakeLocked(LimitNumbers numbers, ulong now, ulong cost, bool charges, out ulong waitTicks)
    {
        bool admits = BucketRules.Admits(numbers, _state, now, cost, out BucketState next, out waitTicks);
        if (charges)
        {
            _state = next;
        }

        return admits;
    }

    private bool TryTakeOfLogLocked(LimitNumbers numbers, ulong now, ulong cost, bool charges, out ulong waitTicks)
    {
        // Every token may have an entry of its own, and a chunk at each end may be partly in use.
        _log ??= new LogPool((int)(numbers.MaxTokens / LogChunk.Entries) + 2);
        LogView view = new(_log, numbers, numbers, _state, now);
        bool admits = SlidingWindow.Admits(view, cost, out waitTicks);
        if (admits && charges)
        {
            _state = SlidingWindow.Charge(view, cost);
        }

        return admits;
    }

    private int RemainingLocked(LimitNumbers numbers, ulong now) =>
        numbers.Algorithm != RateLimitAlgorithm.SlidingWindow ? BucketRules.Remaining(numbers, _state, now)
        : _log is null ? (int)numbers.MaxTokens
        : SlidingWindow.Remaining(new LogView(_log, numbers, numbers, _state, now));
}
