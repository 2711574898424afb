namespace Sluice;

/// <summary>The fixed window: so many tokens, and as many again when the window is over.</summary>
/// <remarks>
/// State: <see cref="BucketState.Time"/> is the window's start, <see cref="BucketState.Word"/> the tokens used in it, which
/// saturate at 2^62.
/// </remarks>
internal static class FixedWindow
{
    /// <summary>What sets it apart.</summary>
    internal static readonly AlgorithmTraits Traits = new("fixedWindow", "fixed window", StateTime.WindowStart);

    private const ulong MaxUsed = 1UL << 62;

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
        BucketState current = Advance(limit, state, nowTicks);
        if (current.Word + cost <= limit.MaxTokens)
        {
            next = new BucketState(current.IsNew ? StartAt(limit, nowTicks) : current.Time, current.Word + cost);
            waitTicks = 0;
            return true;
        }

        next = state;
        waitTicks = current.Time + limit.PeriodTicks - nowTicks;
        return false;
    }

    /// <summary>Whole tokens that are left in the window.</summary>
    internal static int Remaining(LimitNumbers limit, BucketState state, ulong nowTicks) =>
        (int)(limit.MaxTokens - Math.Min(Advance(limit, state, nowTicks).Word, limit.MaxTokens));

    /// <summary>The window's end; zero for a new bucket.</summary>
    internal static ulong ResetAt(LimitNumbers limit, BucketState state) => state.IsNew ? 0 : state.Time + limit.PeriodTicks;

    /// <summary>Takes tokens whether they are there or not; the debt ends with the window.</summary>
    internal static BucketState Charge(LimitNumbers limit, BucketState state, ulong nowTicks, ulong cost)
    {
        BucketState current = Advance(limit, state, nowTicks);
        return new BucketState(
            current.IsNew ? StartAt(limit, nowTicks) : current.Time, Math.Min(current.Word + cost, MaxUsed));
    }

    /// <summary>Gives tokens back, never above the capacity.</summary>
    internal static BucketState Refund(LimitNumbers limit, BucketState state, ulong nowTicks, ulong cost)
    {
        BucketState current = Advance(limit, state, nowTicks);
        return current.Word <= cost ? default : current with { Word = current.Word - cost };
    }

    /// <summary>The same use under other numbers, at most the new maximum.</summary>
    internal static BucketState Convert(LimitNumbers old, LimitNumbers limit, BucketState state, ulong nowTicks)
    {
        BucketState current = Advance(old, state, nowTicks);
        return current.IsNew
            ? default
            : new BucketState(
                limit.IsAligned ? StartAt(limit, nowTicks) : current.Time, Math.Min(current.Word, limit.MaxTokens));
    }

    /// <summary>The state that has used at least what either has, at any time.</summary>
    internal static BucketState Merge(BucketState left, BucketState right) =>
        new(Math.Max(left.Time, right.Time), Math.Max(left.Word, right.Word));

    /// <summary>The state that has used the most of all whose window ends at an instant, or a period from now if sooner.</summary>
    internal static BucketState MostUsedState(LimitNumbers limit, ulong untilTicks, bool mayBeOverdrawn, ulong nowTicks)
    {
        ulong start = limit.IsAligned
            ? StartAt(limit, nowTicks)
            : Math.Min(untilTicks, nowTicks + limit.PeriodTicks) - limit.PeriodTicks;
        return new BucketState(start, mayBeOverdrawn ? MaxUsed : limit.MaxTokens);
    }

    private static BucketState Advance(LimitNumbers limit, BucketState state, ulong nowTicks) =>
        nowTicks - state.Time >= limit.PeriodTicks ? default : state;

    private static ulong StartAt(LimitNumbers limit, ulong nowTicks) =>
        limit.IsAligned
            ? nowTicks - ((nowTicks - LimitNumbers.OriginTicks + limit.PhaseTicks) % limit.PeriodTicks)
            : nowTicks;
}
