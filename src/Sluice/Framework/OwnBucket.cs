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
            LimitNumbers numbers = ReadNumbers(out ulong wall);
            lock (_gate)
            {
                return BucketRules.ResetAfter(numbers, _state, EnterLocked(numbers, wall).For(numbers)) == 0;
            }
        }
    }

    /// <inheritdoc/>
    public RateLimitDecision Acquire(int permitCount, out IDisposable? held)
    {
        held = null;
        LimitNumbers numbers = ReadNumbers(out ulong wall);
        ulong cost = (ulong)Math.Max(permitCount, 1);
        if (cost > numbers.Capacity)
        {
            throw LimiterCalls.TooManyPermits(limit.Limit, permitCount);
        }

        bool admits;
        int remaining;
        ulong waitTicks;
        long resetsAt;
        lock (_gate)
        {
            StoreInstant instant = EnterLocked(numbers, wall);
            ulong now = instant.For(numbers);
            admits = numbers.Algorithm == RateLimitAlgorithm.SlidingWindow
                ? TryTakeOfLogLocked(numbers, now, cost, permitCount != 0, out waitTicks)
                : TryTakeLocked(numbers, now, cost, permitCount != 0, out waitTicks);
            waitTicks = instant.Wait(numbers, waitTicks);
            remaining = RemainingLocked(numbers, now);
            resetsAt = admits ? 0 : numbers.Edges?.ToUtc(_state.Time) ?? 0;
        }

        return new RateLimitDecision
        {
            Outcome = admits ? RateLimitOutcome.Allowed : RateLimitOutcome.Denied,
            Limit = admits ? null : limit.Limit,
            Remaining = remaining,
            RetryAfter = TimeSpan.FromTicks((long)waitTicks),
            ResetsAtTicks = resetsAt,
        };
    }

    /// <inheritdoc/>
    public long Available()
    {
        LimitNumbers numbers = ReadNumbers(out ulong wall);
        lock (_gate)
        {
            return RemainingLocked(numbers, EnterLocked(numbers, wall).For(numbers));
        }
    }

    /// <summary>Asks the clocks and reads the numbers, before the lock is taken: the clock may be code of the application.</summary>
    private LimitNumbers ReadNumbers(out ulong wall)
    {
        limit.Clock.UpdateFromProvider();
        LimitNumbers numbers = limit.Numbers();
        wall = numbers.Edges is null ? 0 : limit.Clock.AskWall();
        return numbers;
    }

    /// <summary>The instant, with the state as it is under the numbers.</summary>
    private StoreInstant EnterLocked(LimitNumbers numbers, ulong wall)
    {
        StoreInstant now = limit.Clock.Now(wall);
        if (!ReferenceEquals(numbers, _numbers))
        {
            _state = BucketRules.Convert(_numbers, numbers, _state, now.For(numbers)); // Only aligned windows get other numbers.
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
