namespace Sluice;

/// <summary>The fixed window between two edges of a calendar.</summary>
/// <remarks>
/// <para>
/// Instants are those of the calendar's clock: the wall clock, which stops while it is behind the latest time that it has shown. So no
/// window opens twice.
/// </para>
/// <para>
/// State: <see cref="BucketState.Time"/> is the window's end, <see cref="BucketState.Word"/> the tokens used in it, which saturate
/// at 2^62. The end stays until it is reached, whatever another process takes for the edge.
/// </para>
/// </remarks>
internal static class CalendarWindow
{
    /// <summary>What sets it apart.</summary>
    internal static readonly AlgorithmTraits Traits = new("calendarWindow", "calendar window", StateTime.WindowEnd);

    private const ulong MaxUsed = 1UL << 62;

    /// <summary>Whether a call is admitted; parameters as for <see cref="FixedWindow.Admits"/>.</summary>
    internal static bool Admits(
        LimitNumbers limit, BucketState state, ulong nowTicks, ulong cost, out BucketState next, out ulong waitTicks)
    {
        BucketState current = Advance(state, nowTicks);
        if (current.Word + cost <= limit.MaxTokens)
        {
            next = current with { Time = EndOf(limit, current, nowTicks), Word = current.Word + cost };
            waitTicks = 0;
            return true;
        }

        next = state;
        waitTicks = current.Time - nowTicks;
        return false;
    }

    /// <summary>Whole tokens that are left in the window.</summary>
    internal static int Remaining(LimitNumbers limit, BucketState state, ulong nowTicks) =>
        (int)(limit.MaxTokens - Math.Min(Advance(state, nowTicks).Word, limit.MaxTokens));

    /// <summary>The window's end; zero for a new bucket.</summary>
    internal static ulong ResetAt(BucketState state) => state.Time;

    /// <summary>Takes tokens whether they are there or not; the debt ends with the window.</summary>
    internal static BucketState Charge(LimitNumbers limit, BucketState state, ulong nowTicks, ulong cost)
    {
        BucketState current = Advance(state, nowTicks);
        return new BucketState(EndOf(limit, current, nowTicks), Math.Min(current.Word + cost, MaxUsed));
    }

    /// <summary>Gives tokens back, never above the capacity.</summary>
    internal static BucketState Refund(BucketState state, ulong nowTicks, ulong cost)
    {
        BucketState current = Advance(state, nowTicks);
        return current.Word <= cost ? default : current with { Word = current.Word - cost };
    }

    /// <summary>The same use in the window of other numbers, at most the new maximum.</summary>
    internal static BucketState Convert(LimitNumbers limit, BucketState state, ulong nowTicks)
    {
        BucketState current = Advance(state, nowTicks);
        return current.IsNew
            ? default
            : new BucketState(limit.Edges!.EndOf(nowTicks), Math.Min(current.Word, limit.MaxTokens));
    }

    /// <summary>The state that has used the most of all in the window that runs.</summary>
    internal static BucketState MostUsedState(LimitNumbers limit, bool mayBeOverdrawn, ulong nowTicks) =>
        new(limit.Edges!.EndOf(nowTicks), mayBeOverdrawn ? MaxUsed : limit.MaxTokens);

    private static BucketState Advance(BucketState state, ulong nowTicks) => nowTicks >= state.Time ? default : state;

    private static ulong EndOf(LimitNumbers limit, BucketState current, ulong nowTicks) =>
        current.IsNew ? limit.Edges!.EndOf(nowTicks) : current.Time;
}
