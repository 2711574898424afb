namespace Sluice;

/// <summary>The numbers of one rate, with everything worked out that a decision would otherwise divide for.</summary>
/// <remarks>
/// <para>
/// A token bucket counts in <em>units</em>: with <c>maxTokens / refillPeriod</c> reduced to lowest terms
/// <c>R' / P'</c>, a token is <c>P'</c> units and a tick brings <c>R'</c> of them. An amount of units is held as the time
/// that refills it: whole ticks and a rest of fewer than <c>R'</c> units. Nothing is ever rounded.
/// </para>
/// <para>Thread safety: immutable.</para>
/// </remarks>
internal sealed class LimitNumbers
{
    /// <summary>The instant of the store's origin. More than any period, so that a window may have begun before it.</summary>
    internal const ulong OriginTicks = 1UL << 50;

    /// <summary>Up to this size of a bucket in units, decisions need 64 bits only.</summary>
    private const ulong NarrowUnits = 1UL << 62;

    /// <param name="rate">The rate.</param>
    /// <param name="epochTicks">Ticks from the Unix epoch to the store's origin, by the wall clock.</param>
    /// <param name="edges">Where its windows begin and end by the calendar's clock; null for a rate without a calendar.</param>
    internal LimitNumbers(Rate rate, long epochTicks, StoreEdges? edges = null)
        : this(rate, (ulong)rate.RefillPeriod.Ticks, Reduced(rate), epochTicks, edges)
    {
    }

    /// <summary>Numbers that count by a clock with other ticks than 100 ns.</summary>
    /// <param name="rate">The rate.</param>
    /// <param name="periodTicks">The period in that clock's ticks; at least 1.</param>
    /// <param name="units">The units that one of its ticks brings, below 2^31, and those that make a token.</param>
    /// <param name="epochTicks">That clock's ticks from the Unix epoch to the store's origin.</param>
    /// <param name="edges">Where its windows begin and end by the calendar's clock; null for a rate without a calendar.</param>
    internal LimitNumbers(Rate rate, ulong periodTicks, (ulong Rate, ulong Token) units, long epochTicks, StoreEdges? edges = null)
    {
        Algorithm = rate.Algorithm;
        AlgorithmTraits traits = BucketRules.Traits(Algorithm);
        StartsWindows = traits.StartsWindows;
        HasPastTime = traits.HasPastTime;
        Edges = edges;
        MaxTokens = (ulong)rate.MaxTokens;
        Capacity = (ulong)rate.Capacity;
        PeriodTicks = periodTicks;
        IsAligned = rate.Align;
        PhaseTicks = IsAligned ? Phase(periodTicks, epochTicks) : 0;
        (RateUnits, TokenUnits) = units;
        CapacityUnits = (UInt128)Capacity * TokenUnits;
        (FullTicks, UInt128 fullRest) = UInt128.DivRem(CapacityUnits, RateUnits);
        FullRest = (ulong)fullRest;
        IsNarrow = CapacityUnits <= NarrowUnits;
        if (IsNarrow)
        {
            NarrowCapacityUnits = (ulong)CapacityUnits;
            NarrowFullTicks = (ulong)FullTicks;
            (TokenTicks, TokenRest) = Math.DivRem(TokenUnits, RateUnits);
            (RoomTicks, RoomRest) = Math.DivRem(NarrowCapacityUnits - TokenUnits, RateUnits);
        }
    }

    private LimitNumbers(int slots)
    {
        Algorithm = Slots.Algorithm;
        MaxTokens = (ulong)slots;
        Capacity = MaxTokens;
    }

    /// <summary>How the bucket refills.</summary>
    internal RateLimitAlgorithm Algorithm { get; }

    /// <summary>Whether the first call of a window decides when the window starts.</summary>
    internal bool StartsWindows { get; }

    /// <summary>Whether the instant of a bucket's state is one that has passed. No call can be charged before it.</summary>
    internal bool HasPastTime { get; }

    /// <summary>Whether it counts running calls. Then only <see cref="MaxTokens"/> and <see cref="Capacity"/> are set.</summary>
    internal bool IsSlots => Algorithm == Slots.Algorithm;

    /// <summary>Tokens per period, or per window.</summary>
    internal ulong MaxTokens { get; }

    /// <summary>The bucket's size in tokens.</summary>
    internal ulong Capacity { get; }

    /// <summary>Where windows of the calendar begin and end, by the calendar's clock; null for every other algorithm.</summary>
    internal StoreEdges? Edges { get; }

    /// <summary>The period, or the window's length, in ticks; from 10^4 to below 2^49, and 0 for windows of the calendar.</summary>
    internal ulong PeriodTicks { get; }

    /// <summary>Whether windows start on multiples of the period since the Unix epoch.</summary>
    internal bool IsAligned { get; }

    /// <summary>How far into an aligned window the store's origin lies, in ticks.</summary>
    internal ulong PhaseTicks { get; }

    /// <summary>R': the units that one tick brings.</summary>
    internal ulong RateUnits { get; }

    /// <summary>P': the units that make a token.</summary>
    internal ulong TokenUnits { get; }

    /// <summary>The bucket's size in units; below 2^80.</summary>
    internal UInt128 CapacityUnits { get; }

    /// <summary>Whole ticks that refill an empty bucket.</summary>
    internal UInt128 FullTicks { get; }

    /// <summary>The units that <see cref="FullTicks"/> leave over.</summary>
    internal ulong FullRest { get; }

    /// <summary>Whether <see cref="CapacityUnits"/> is at most 2^62; the properties below are zero where it is not.</summary>
    internal bool IsNarrow { get; }

    /// <summary><see cref="CapacityUnits"/> in 64 bits.</summary>
    internal ulong NarrowCapacityUnits { get; }

    /// <summary><see cref="FullTicks"/> in 64 bits.</summary>
    internal ulong NarrowFullTicks { get; }

    /// <summary>Whole ticks that refill one token.</summary>
    internal ulong TokenTicks { get; }

    /// <summary>The units that <see cref="TokenTicks"/> leave over.</summary>
    internal ulong TokenRest { get; }

    /// <summary>Whole ticks that refill the debt under which a call for one token is still admitted.</summary>
    internal ulong RoomTicks { get; }

    /// <summary>The units that <see cref="RoomTicks"/> leave over.</summary>
    internal ulong RoomRest { get; }

    /// <summary>The numbers of a limit.</summary>
    /// <param name="limit">The limit.</param>
    /// <param name="epochTicks">Ticks from the Unix epoch to the store's origin, by the wall clock.</param>
    /// <param name="edges">The edges of its windows, where they are those of a calendar.</param>
    internal static LimitNumbers Of(RateLimit limit, long epochTicks, StoreEdges? edges) =>
        limit.Concurrency is int slots ? new LimitNumbers(slots) : new LimitNumbers(limit.Rate, epochTicks, edges);

    /// <summary>Whether a limit counts like these numbers, by a wall clock that shows a time at the store's origin.</summary>
    internal bool HasSameNumbers(RateLimit limit, long epochTicks) => limit.Concurrency is int slots
        ? IsSlots && MaxTokens == (ulong)slots
        : HasSameNumbers(limit.Rate, epochTicks);

    /// <summary>Whether a rate counts like these numbers, by a wall clock that shows a time at the store's origin.</summary>
    internal bool HasSameNumbers(Rate rate, long epochTicks) =>
        Algorithm == rate.Algorithm
        && MaxTokens == (ulong)rate.MaxTokens
        && Capacity == (ulong)rate.Capacity
        && PeriodTicks == (ulong)rate.RefillPeriod.Ticks
        && IsAligned == rate.Align
        && Equals(Edges?.Calendar, rate.Edges)
        && (!IsAligned || PhaseTicks == Phase(PeriodTicks, epochTicks));

    /// <summary>The units that a tick of 100 ns brings, and those of a token, in lowest terms.</summary>
    internal static (ulong Rate, ulong Token) Reduced(Rate rate)
    {
        if (rate.Edges is not null)
        {
            return (1, 1); // Windows of the calendar count tokens only.
        }

        ulong divisor = GreatestCommonDivisor((ulong)rate.MaxTokens, (ulong)rate.RefillPeriod.Ticks);
        return ((ulong)rate.MaxTokens / divisor, (ulong)rate.RefillPeriod.Ticks / divisor);
    }

    /// <summary>The largest number that divides both.</summary>
    internal static ulong GreatestCommonDivisor(ulong left, ulong right)
    {
        while (right != 0)
        {
            (left, right) = (right, left % right);
        }

        return left;
    }

    private static ulong Phase(ulong periodTicks, long epochTicks)
    {
        long period = (long)periodTicks;
        return (ulong)(((epochTicks % period) + period) % period);
    }
}
