namespace Sluice;

/// <summary>Calls the algorithm of a limit, for every operation that all algorithms have.</summary>
/// <remarks>
/// <para>Instants are those of the clock that the limit follows: the calendar's, where it has <see cref="LimitNumbers.Edges"/>.</para>
/// <para>No switch has a default arm, so the compiler names every operation that a new algorithm lacks.</para>
/// </remarks>
internal static class BucketRules
{
    /// <summary>What sets an algorithm apart, beside its functions.</summary>
    internal static AlgorithmTraits Traits(RateLimitAlgorithm algorithm) => algorithm switch
    {
        RateLimitAlgorithm.TokenBucket => TokenBucket.Traits,
        RateLimitAlgorithm.SlidingWindow => SlidingWindow.Traits,
        RateLimitAlgorithm.SlidingWindowCounter => SlidingWindowCounter.Traits,
        RateLimitAlgorithm.FixedWindow => FixedWindow.Traits,
        RateLimitAlgorithm.CalendarWindow => CalendarWindow.Traits,
    };

    /// <summary>Whether a call is admitted, by any algorithm but the sliding log.</summary>
    internal static bool Admits(
        LimitNumbers limit, BucketState state, ulong nowTicks, ulong cost, out BucketState next, out ulong waitTicks) =>
        limit.Algorithm switch
        {
            RateLimitAlgorithm.TokenBucket => TokenBucket.Admits(limit, state, nowTicks, cost, out next, out waitTicks),
            RateLimitAlgorithm.FixedWindow => FixedWindow.Admits(limit, state, nowTicks, cost, out next, out waitTicks),
            RateLimitAlgorithm.CalendarWindow => CalendarWindow.Admits(limit, state, nowTicks, cost, out next, out waitTicks),
            RateLimitAlgorithm.SlidingWindowCounter => SlidingWindowCounter.Admits(limit, state, nowTicks, cost, out next, out waitTicks),
            Slots.Algorithm => Slots.Admits(limit, state, out next, out waitTicks),
            RateLimitAlgorithm.SlidingWindow => throw Unsupported(limit),
        };

    /// <summary>Whole tokens left, by any algorithm but the sliding log.</summary>
    internal static int Remaining(LimitNumbers limit, BucketState state, ulong nowTicks) => limit.Algorithm switch
    {
        RateLimitAlgorithm.TokenBucket => TokenBucket.Remaining(limit, state, nowTicks),
        RateLimitAlgorithm.FixedWindow => FixedWindow.Remaining(limit, state, nowTicks),
        RateLimitAlgorithm.CalendarWindow => CalendarWindow.Remaining(limit, state, nowTicks),
        RateLimitAlgorithm.SlidingWindowCounter => SlidingWindowCounter.Remaining(limit, state, nowTicks),
        Slots.Algorithm => Slots.Remaining(limit, state),
        RateLimitAlgorithm.SlidingWindow => throw Unsupported(limit),
    };

    /// <summary>The first tick at which a bucket is indistinguishable from a new one.</summary>
    internal static ulong ResetAt(LimitNumbers limit, BucketState state) => limit.Algorithm switch
    {
        RateLimitAlgorithm.TokenBucket => TokenBucket.ResetAt(state),
        RateLimitAlgorithm.SlidingWindow => SlidingWindow.ResetAt(limit, state),
        RateLimitAlgorithm.FixedWindow => FixedWindow.ResetAt(limit, state),
        RateLimitAlgorithm.CalendarWindow => CalendarWindow.ResetAt(state),
        RateLimitAlgorithm.SlidingWindowCounter => SlidingWindowCounter.ResetAt(limit, state),
        Slots.Algorithm => Slots.ResetAt(state),
    };

    /// <summary>The least wait until a bucket is indistinguishable from a new one.</summary>
    internal static ulong ResetAfter(LimitNumbers limit, BucketState state, ulong nowTicks)
    {
        if (limit.Algorithm == RateLimitAlgorithm.TokenBucket)
        {
            return TokenBucket.ResetAfter(state, nowTicks); // Its instant may lie beyond 64 bits.
        }

        if (limit.IsSlots)
        {
            return 0; // It is not known when a running call ends.
        }

        return Math.Max(ResetAt(limit, state), nowTicks) - nowTicks;
    }

    /// <summary>Takes tokens whether they are there or not, by any algorithm but the sliding log.</summary>
    internal static BucketState Charge(LimitNumbers limit, BucketState state, ulong nowTicks, ulong cost) =>
        limit.Algorithm switch
        {
            RateLimitAlgorithm.TokenBucket => TokenBucket.Charge(limit, state, nowTicks, cost),
            RateLimitAlgorithm.FixedWindow => FixedWindow.Charge(limit, state, nowTicks, cost),
            RateLimitAlgorithm.CalendarWindow => CalendarWindow.Charge(limit, state, nowTicks, cost),
            RateLimitAlgorithm.SlidingWindowCounter => SlidingWindowCounter.Charge(limit, state, nowTicks, cost),
            RateLimitAlgorithm.SlidingWindow or Slots.Algorithm => throw Unsupported(limit),
        };

    /// <summary>Gives tokens back, by any algorithm but the sliding log.</summary>
    internal static BucketState Refund(LimitNumbers limit, BucketState state, ulong nowTicks, ulong cost) =>
        limit.Algorithm switch
        {
            RateLimitAlgorithm.TokenBucket => TokenBucket.Refund(limit, state, nowTicks, cost),
            RateLimitAlgorithm.FixedWindow => FixedWindow.Refund(limit, state, nowTicks, cost),
            RateLimitAlgorithm.CalendarWindow => CalendarWindow.Refund(state, nowTicks, cost),
            RateLimitAlgorithm.SlidingWindowCounter => SlidingWindowCounter.Refund(limit, state, nowTicks, cost),
            RateLimitAlgorithm.SlidingWindow or Slots.Algorithm => throw Unsupported(limit),
        };

    /// <summary>The same use under other numbers, by any algorithm but the sliding log; nothing if the algorithm is another.</summary>
    internal static BucketState Convert(LimitNumbers old, LimitNumbers limit, BucketState state, ulong nowTicks) =>
        old.Algorithm != limit.Algorithm
            ? default
            : limit.Algorithm switch
            {
                RateLimitAlgorithm.TokenBucket => TokenBucket.Convert(old, limit, state, nowTicks),
                RateLimitAlgorithm.FixedWindow => FixedWindow.Convert(old, limit, state, nowTicks),
                RateLimitAlgorithm.CalendarWindow => CalendarWindow.Convert(limit, state, nowTicks),
                RateLimitAlgorithm.SlidingWindowCounter => SlidingWindowCounter.Convert(old, limit, state, nowTicks),
                Slots.Algorithm => state, // A change of the numbers does not change how many calls run.
                RateLimitAlgorithm.SlidingWindow => throw Unsupported(limit),
            };

    /// <summary>A state whose debt is at least that of either of two, at any time; logs must have been folded.</summary>
    internal static BucketState Merge(LimitNumbers limit, BucketState left, BucketState right, ulong nowTicks)
    {
        if (ResetAt(limit, left) <= nowTicks)
        {
            return right;
        }

        return ResetAt(limit, right) <= nowTicks ? left : limit.Algorithm switch
        {
            RateLimitAlgorithm.TokenBucket => TokenBucket.Merge(left, right),
            RateLimitAlgorithm.SlidingWindow => SlidingWindow.Merge(left, right),
            RateLimitAlgorithm.FixedWindow or RateLimitAlgorithm.CalendarWindow => FixedWindow.Merge(left, right),
            RateLimitAlgorithm.SlidingWindowCounter => SlidingWindowCounter.Merge(limit, left, right, nowTicks),
            Slots.Algorithm => throw Unsupported(limit),
        };
    }

    /// <summary>The state with the largest debt of all that are new again at an instant.</summary>
    internal static BucketState MostUsedState(LimitNumbers limit, ulong untilTicks, ulong overdrawnUntilTicks, ulong nowTicks)
    {
        bool mayBeOverdrawn = overdrawnUntilTicks > nowTicks;
        return limit.Algorithm switch
        {
            RateLimitAlgorithm.TokenBucket => TokenBucket.MostUsedState(limit, untilTicks, overdrawnUntilTicks, nowTicks),
            RateLimitAlgorithm.SlidingWindow => SlidingWindow.MostUsedState(limit, untilTicks, mayBeOverdrawn, nowTicks),
            RateLimitAlgorithm.FixedWindow => FixedWindow.MostUsedState(limit, untilTicks, mayBeOverdrawn, nowTicks),
            RateLimitAlgorithm.CalendarWindow => CalendarWindow.MostUsedState(limit, mayBeOverdrawn, nowTicks),
            RateLimitAlgorithm.SlidingWindowCounter => SlidingWindowCounter.MostUsedState(limit, untilTicks, mayBeOverdrawn, nowTicks),
            Slots.Algorithm => throw Unsupported(limit),
        };
    }

    /// <summary>Whether the debt is larger than the bucket, which only a forced charge causes; logs must have been folded.</summary>
    internal static bool IsOverdrawn(LimitNumbers limit, BucketState state, ulong nowTicks) => limit.Algorithm switch
    {
        RateLimitAlgorithm.TokenBucket => TokenBucket.IsOverdrawn(limit, state, nowTicks),
        RateLimitAlgorithm.SlidingWindowCounter =>
            (state.Word & uint.MaxValue) > limit.MaxTokens || state.Word >> 32 > limit.MaxTokens,
        RateLimitAlgorithm.SlidingWindow or RateLimitAlgorithm.FixedWindow or RateLimitAlgorithm.CalendarWindow =>
            state.Word > limit.MaxTokens,
        Slots.Algorithm => throw Unsupported(limit),
    };

    private static ArgumentOutOfRangeException Unsupported(LimitNumbers limit) => new(
        nameof(limit), limit.Algorithm, "This operation does not support the algorithm of the limit.");
}
