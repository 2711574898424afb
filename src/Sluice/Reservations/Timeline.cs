namespace Sluice;

/// <summary>What a bucket has admitted and what it has reserved, in the order of the instants: finds where another call fits.</summary>
/// <remarks>
/// <para>
/// A call fits at an instant when the algorithm admits it there, after every earlier reservation, and still admits every later
/// reservation after it. So the instants at which calls are forwarded are always a sequence that the algorithm admits one by one.
/// </para>
/// <para>It writes nothing. One search costs time in proportion to the reservations (and to the entries of a sliding log).</para>
/// </remarks>
internal readonly ref struct Timeline
{
    /// <summary>No instant: the wait would be longer than a <see cref="TimeSpan"/>.</summary>
    internal const ulong Never = ulong.MaxValue;

    private readonly LimitNumbers _limit;
    private readonly BucketState _state;
    private readonly LogView _log;
    private readonly ReadOnlySpan<ReservedCall> _calls;

    /// <summary>The timeline of a bucket of any algorithm but the sliding log.</summary>
    /// <param name="limit">The limit's numbers.</param>
    /// <param name="state">The state under these numbers.</param>
    /// <param name="calls">The reservations.</param>
    internal Timeline(LimitNumbers limit, BucketState state, ReadOnlySpan<ReservedCall> calls)
    {
        _limit = limit;
        _state = state;
        _calls = calls;
    }

    /// <summary>The timeline of a sliding log.</summary>
    /// <param name="log">What the log counts now.</param>
    /// <param name="calls">The reservations.</param>
    internal Timeline(LogView log, ReadOnlySpan<ReservedCall> calls)
    {
        _limit = log.Limit;
        _log = log;
        _calls = calls;
    }

    private bool IsLog => _limit.Algorithm == RateLimitAlgorithm.SlidingWindow;

    /// <summary>The first instant, from an instant on, at which a call fits; or <see cref="Never"/>.</summary>
    /// <param name="fromTicks">The instant, not before the last write of the bucket.</param>
    /// <param name="cost">Tokens; from 1 to the capacity.</param>
    internal ulong Earliest(ulong fromTicks, ulong cost) =>
        IsLog ? new LogTimeline(_log, _calls).Earliest(fromTicks, cost) : EarliestByState(fromTicks, cost);

    /// <summary>Whole tokens that one call could take at an instant.</summary>
    internal int Remaining(ulong nowTicks)
    {
        int most = IsLog
            ? (int)(_limit.MaxTokens - Math.Min(new LogTimeline(_log, _calls).UsedAt(nowTicks), _limit.MaxTokens))
            : BucketRules.Remaining(_limit, StateAt(nowTicks), nowTicks);
        int fits = 0;
        while (fits < most)
        {
            int tried = fits + ((most - fits + 1) / 2);
            if (Earliest(nowTicks, (ulong)tried) == nowTicks)
            {
                fits = tried;
            }
            else
            {
                most = tried - 1;
            }
        }

        return fits;
    }

    /// <summary>
    /// The least wait until the bucket is indistinguishable from a new one, if no call comes and no reservation is cancelled.
    /// </summary>
    internal ulong ResetAfter(ulong nowTicks)
    {
        if (!IsLog)
        {
            return BucketRules.ResetAfter(_limit, StateAt(ulong.MaxValue), nowTicks);
        }

        ulong until = _log.Used() == 0 ? 0 : BucketRules.ResetAt(_limit, _log.State);
        until = _calls.IsEmpty ? until : Math.Max(until, _calls[^1].At + _limit.PeriodTicks);
        return Math.Max(until, nowTicks) - nowTicks;
    }

    /// <summary>The state after every reservation up to an instant; for any algorithm but the sliding log.</summary>
    internal BucketState StateAt(ulong ticks)
    {
        BucketState state = _state;
        foreach (ref readonly ReservedCall call in _calls)
        {
            if (call.At > ticks)
            {
                break;
            }

            state = After(state, call);
        }

        return state;
    }

    /// <summary>When a reservation is charged to a state that may have been made of others' states since.</summary>
    internal static ulong ChargedAt(LimitNumbers limit, BucketState state, in ReservedCall call) =>
        limit.HasPastTime ? Math.Max(call.At, state.Time) : call.At;

    internal static ulong Later(ulong ticks, ulong wait) => wait > long.MaxValue / 2 || ticks > Never - wait ? Never : ticks + wait;

    private ulong EarliestByState(ulong fromTicks, ulong cost)
    {
        BucketState state = _state;
        ulong at = fromTicks;
        int next = 0;
        while (true)
        {
            while (next < _calls.Length && _calls[next].At <= at)
            {
                state = After(state, _calls[next]);
                next++;
            }

            if (!BucketRules.Admits(_limit, state, at, cost, out BucketState after, out ulong wait))
            {
                at = Later(at, wait);
                if (at == Never)
                {
                    return Never;
                }

                continue;
            }

            int broken = FindBroken(after, next);
            if (broken < 0)
            {
                return at;
            }

            at = _calls[broken].At; // Before it the call would take its tokens, wherever it was put.
        }
    }

    /// <summary>The first reservation that a state no longer admits, or a number below zero.</summary>
    private int FindBroken(BucketState state, int next)
    {
        for (int i = next; i < _calls.Length; i++)
        {
            if (!TryAdmit(state, _calls[i], out BucketState after))
            {
                return i;
            }

            state = after;
        }

        return -1;
    }

    // Numbers may have changed since the reservation was made: then it is charged whether the tokens are there or not.
    private BucketState After(BucketState state, in ReservedCall call) => TryAdmit(state, call, out BucketState after)
        ? after
        : BucketRules.Charge(_limit, state, ChargedAt(_limit, state, call), call.Cost);

    private bool TryAdmit(BucketState state, in ReservedCall call, out BucketState after)
    {
        if (call.Cost != 0)
        {
            after = state;
            return call.Cost <= _limit.Capacity
                && BucketRules.Admits(_limit, state, ChargedAt(_limit, state, call), call.Cost, out after, out _);
        }

        after = BucketRules.Charge(_limit, state, ChargedAt(_limit, state, call), 0);
        return true;
    }
}
