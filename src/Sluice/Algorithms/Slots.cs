namespace Sluice;

/// <summary>Slots: at most so many calls at once.</summary>
/// <remarks>
/// State: <see cref="BucketState.Word"/> is the number of calls that hold a slot. <see cref="BucketState.Time"/> is not used, since
/// a slot comes back when a call ends and never by the passage of time.
/// </remarks>
internal static class Slots
{
    /// <summary>What <see cref="LimitNumbers.Algorithm"/> is for a limit on concurrency. No rate has it.</summary>
    internal const RateLimitAlgorithm Algorithm = (RateLimitAlgorithm)(-1);

    /// <summary>The wait that a rejection states, in ticks: one second. No exact wait is known.</summary>
    internal const ulong WaitTicks = TimeSpan.TicksPerSecond;

    /// <summary>Whether a slot is free.</summary>
    /// <param name="limit">The limit.</param>
    /// <param name="state">How many calls hold a slot.</param>
    /// <param name="next">
    /// The state with one more. A permissive limit writes it even when no slot is free, so that it counts all running calls.
    /// </param>
    /// <param name="waitTicks"><see cref="WaitTicks"/>; zero when a slot is free.</param>
    internal static bool Admits(LimitNumbers limit, BucketState state, out BucketState next, out ulong waitTicks)
    {
        next = new BucketState(0, state.Word + 1);
        bool isFree = state.Word < limit.MaxTokens;
        waitTicks = isFree ? 0 : WaitTicks;
        return isFree;
    }

    /// <summary>Slots that are free.</summary>
    internal static int Remaining(LimitNumbers limit, BucketState state) =>
        (int)(limit.MaxTokens - Math.Min(state.Word, limit.MaxTokens));

    /// <summary>Never while a call holds a slot; else the bucket is new already.</summary>
    internal static ulong ResetAt(BucketState state) => state.Word == 0 ? 0 : ulong.MaxValue;
}
