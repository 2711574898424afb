namespace Sluice;

/// <summary>The sliding window approximated by two counters: this window's, and what is left of the last one's.</summary>
/// <remarks>
/// State: <see cref="BucketState.Time"/> is the current window's start; <see cref="BucketState.Word"/> holds the previous
/// window's tokens in its high half and the current window's in its low half. Each saturates at 2^32 - 1.
/// </remarks>
internal static class SlidingWindowCounter
{
    /// <summary>What sets it apart.</summary>
    internal static readonly AlgorithmTraits Traits = new("slidingWindowCounter", "sliding window counter", StateTime.WindowStart);

    /// <summary>Whether a call is admitted.</summary>
    /// <param name="limit">The limit's numbers.</param>
    /// <param name="state">What the bucket remembers.</param>
    /// <param name="nowTicks">The instant.</param>
    /// <param name="cost">Tokens; from 1 to the capacity.</param>
    /// <param name="next">The state after the charge; the same state when rejected.</param>
    /// <param name="waitTicks">The least wait until it would be admitted; zero when it is.</param>
    internal static bool Admits(
        LimitNumbers limit, BucketState state, ulong nowTicks, ulong cost, out BucketState next, out ulong waitTicks)
    {
        (ulong start, ulong previous, ulong current) = Advance(limit, state, nowTicks);
        ulong period = limit.PeriodTicks;
        ulong elapsed = nowTicks - start;
        ulong room = limit.MaxTokens - cost;
        if (current <= room && (UInt128)previous * (period - elapsed) <= (UInt128)(room - current) * period)
        {
            next = State(start, previous, current + cost);
            waitTicks = 0;
            return true;
        }

        // Within this window the previous one fades; if that cannot be enough, this one has to fade in its turn.
        next = state;
        waitTicks = current <= room
            ? FadedAt(room - current, previous, period) - elapsed
            : period - elapsed + FadedAt(room, current, period);
        return false;
    }

    /// <summary>Whole tokens that are left.</summary>
    internal static int Remaining(LimitNumbers limit, BucketState state, ulong nowTicks) =>
        (int)(limit.MaxTokens - Math.Min(UsedRoundedUp(limit, state, nowTicks), limit.MaxTokens));

    /// <summary>The first tick at which nothing counts any more; zero for a new bucket.</summary>
    internal static ulong ResetAt(LimitNumbers limit, BucketState state) =>
        state.IsNew ? 0 : state.Time + ((state.Word & uint.MaxValue) == 0 ? limit.PeriodTicks : 2 * limit.PeriodTicks);

    /// <summary>Takes tokens whether they are there or not.</summary>
    internal static BucketState Charge(LimitNumbers limit, BucketState state, ulong nowTicks, ulong cost)
    {
        (ulong start, ulong previous, ulong current) = Advance(limit, state, nowTicks);
        return State(start, previous, Math.Min(current + cost, uint.MaxValue));
    }

    /// <summary>Gives tokens back: this window's first, then the previous one's.</summary>
    internal static BucketState Refund(LimitNumbers limit, BucketState state, ulong nowTicks, ulong cost)
    {
        (ulong start, ulong previous, ulong current) = Advance(limit, state, nowTicks);
        ulong fromCurrent = Math.Min(current, cost);
        ulong fromPrevious = Math.Min(previous, cost - fromCurrent);
        current -= fromCurrent;
        previous -= fromPrevious;
        return (current | previous) == 0 ? default : State(start, previous, current);
    }

    /// <summary>The same use under other numbers, rounded up, at most the new maximum, as a window that ends now.</summary>
    internal static BucketState Convert(LimitNumbers old, LimitNumbers limit, BucketState state, ulong nowTicks)
    {
        ulong used = UsedRoundedUp(old, state, nowTicks);
        return used == 0 ? default : State(nowTicks, Math.Min(used, limit.MaxTokens), 0);
    }

    /// <summary>The state that has used at least what either has, at any time.</summary>
    internal static BucketState Merge(LimitNumbers limit, BucketState left, BucketState right, ulong nowTicks)
    {
        (ulong leftStart, ulong leftPrevious, ulong leftCurrent) = Advance(limit, left, nowTicks);
        (ulong rightStart, ulong rightPrevious, ulong rightCurrent) = Advance(limit, right, nowTicks);
        return State(
            Math.Max(leftStart, rightStart), Math.Max(leftPrevious, rightPrevious), Math.Max(leftCurrent, rightCurrent));
    }

    /// <summary>The state that has used the most of all that are new again at an instant, or two periods from now if sooner.</summary>
    internal static BucketState MostUsedState(LimitNumbers limit, ulong untilTicks, bool mayBeOverdrawn, ulong nowTicks)
    {
        ulong twoPeriods = 2 * limit.PeriodTicks;
        return State(
            Math.Min(untilTicks, nowTicks + twoPeriods) - twoPeriods, 0, mayBeOverdrawn ? uint.MaxValue : limit.MaxTokens);
    }

    private static ulong UsedRoundedUp(LimitNumbers limit, BucketState state, ulong nowTicks)
    {
        (ulong start, ulong previous, ulong current) = Advance(limit, state, nowTicks);
        UInt128 faded = (UInt128)previous * (limit.PeriodTicks - (nowTicks - start));
        return current + (ulong)((faded + limit.PeriodTicks - 1) / limit.PeriodTicks);
    }

    /// <summary>How far into a window so many tokens of the one before have faded to the room that there is.</summary>
    private static ulong FadedAt(ulong room, ulong previous, ulong period) =>
        period - (ulong)((UInt128)room * period / previous);

    private static (ulong Start, ulong Previous, ulong Current) Advance(LimitNumbers limit, BucketState state, ulong nowTicks)
    {
        ulong elapsed = nowTicks - state.Time;
        return elapsed < limit.PeriodTicks ? (state.Time, state.Word >> 32, state.Word & uint.MaxValue)
            : elapsed < 2 * limit.PeriodTicks && (state.Word & uint.MaxValue) != 0 ? (state.Time + limit.PeriodTicks, state.Word & uint.MaxValue, 0UL)
            : (nowTicks, 0UL, 0UL);
    }

    private static BucketState State(ulong start, ulong previous, ulong current) => new(start, (previous << 32) | current);
}
