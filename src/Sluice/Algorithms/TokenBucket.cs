using System.Runtime.CompilerServices;

namespace Sluice;

/// <summary>The token bucket: refilled continuously, full at first sight.</summary>
/// <remarks>
/// <para>
/// State: the instant at which the bucket is full again. <see cref="BucketState.Time"/> holds its whole ticks and the low 31
/// bits of <see cref="BucketState.Word"/> the units, fewer than R', by which it is later. So a refill needs no arithmetic, and
/// two instants compare by comparing integers. The high 33 bits continue the ticks, for debts of more than 29,000 years.
/// </para>
/// <para>
/// An instant of fullness saturates at <see cref="MaxTime"/> (2^97 - 1 ticks), which 2^17 forced charges of 2^31 - 1 tokens
/// at one token a year do not reach.
/// </para>
/// </remarks>
internal static class TokenBucket
{
    /// <summary>What sets it apart.</summary>
    internal static readonly AlgorithmTraits Traits = new("tokenBucket", "token bucket", StateTime.Full);

    private const int RestBits = 31;
    private const ulong MaxRest = (1UL << RestBits) - 1;

    /// <summary>Below this instant, adding the time of a narrow bucket stays within 64 bits, and no wait exceeds a TimeSpan.</summary>
    private const ulong FarTime = 1UL << 63;

    /// <summary>The latest instant of fullness that a state can hold.</summary>
    internal static readonly UInt128 MaxTime = (UInt128.One << 97) - 1;

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
        if (!limit.IsNarrow || state.Word > MaxRest || state.Time >= FarTime)
        {
            return AdmitsExactly(limit, state, nowTicks, cost, out next, out waitTicks);
        }

        ulong chargeTicks = limit.TokenTicks;
        ulong chargeRest = limit.TokenRest;
        ulong roomTicks = limit.RoomTicks;
        ulong roomRest = limit.RoomRest;
        if (cost != 1)
        {
            (chargeTicks, chargeRest) = Math.DivRem(cost * limit.TokenUnits, limit.RateUnits);
            (roomTicks, roomRest) = Math.DivRem(limit.NarrowCapacityUnits - (cost * limit.TokenUnits), limit.RateUnits);
        }

        bool isFull = state.Time < nowTicks;
        ulong time = isFull ? nowTicks : state.Time;
        ulong rest = isFull ? 0 : state.Word;
        ulong lead = time - nowTicks;
        if (lead > roomTicks || (lead == roomTicks && rest > roomRest))
        {
            next = state;
            waitTicks = lead - roomTicks + (rest > roomRest ? 1UL : 0);
            return false;
        }

        time += chargeTicks;
        rest += chargeRest;
        if (rest >= limit.RateUnits)
        {
            rest -= limit.RateUnits;
            time++;
        }

        next = new BucketState(time, rest);
        waitTicks = 0;
        return true;
    }

    /// <summary>As <see cref="Admits"/> for one token of a narrow limit, on words instead of states, so that registers hold them.</summary>
    /// <returns>Whether it is admitted for certain; if not, nothing is known, and <see cref="Admits"/> says.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool AdmitsOne(
        LimitNumbers limit, ulong time, ulong word, ulong nowTicks, out ulong nextTime, out ulong nextWord)
    {
        // Nothing overflows where the answer is yes: the later of time and instant is below 2^63 + 2^51, a token takes less than
        // 2^49 ticks, and rests are below 2^31.
        unchecked
        {
            bool isNear = word <= MaxRest && time < FarTime;
            bool isFull = time < nowTicks;
            nextTime = isFull ? nowTicks : time;
            nextWord = isFull ? 0 : word;
            ulong lead = nextTime - nowTicks;
            bool hasRoom = lead < limit.RoomTicks || (lead == limit.RoomTicks && nextWord <= limit.RoomRest);
            nextTime += limit.TokenTicks;
            nextWord += limit.TokenRest;
            if (nextWord >= limit.RateUnits)
            {
                nextWord -= limit.RateUnits;
                nextTime++;
            }

            return isNear && hasRoom;
        }
    }

    /// <summary>Whether one token of a narrow limit is rejected for certain; if not, nothing is known.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool RejectsOne(LimitNumbers limit, ulong time, ulong word, ulong nowTicks, out ulong waitTicks)
    {
        // Nothing overflows where the answer is yes: the time is not before the instant, nor the lead less than the room.
        unchecked
        {
            ulong lead = time - nowTicks;
            waitTicks = lead - limit.RoomTicks + (word > limit.RoomRest ? 1UL : 0);
            return word <= MaxRest
                && time < FarTime
                && time >= nowTicks
                && (lead > limit.RoomTicks || (lead == limit.RoomTicks && word > limit.RoomRest));
        }
    }

    /// <summary>Whole tokens that are there just after <see cref="AdmitsOne"/> said yes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static int RemainingAfterOne(LimitNumbers limit, ulong nextTime, ulong nextWord, ulong nowTicks)
    {
        // The debt after an admitted charge is at most the capacity of 2^62 units, and a capacity is at most 2^31 - 1 tokens.
        unchecked
        {
            ulong debt = ((nextTime - nowTicks) * limit.RateUnits) + nextWord;
            return (int)((limit.NarrowCapacityUnits - debt) / limit.TokenUnits);
        }
    }

    /// <summary>As <see cref="Admits"/>, in 128 bits, for every state that there is.</summary>
    internal static bool AdmitsExactly(
        LimitNumbers limit, BucketState state, ulong nowTicks, ulong cost, out BucketState next, out ulong waitTicks)
    {
        (UInt128 time, ulong rest) = Fullness(state, nowTicks);
        (UInt128 roomTicks, UInt128 roomRest) =
            UInt128.DivRem(limit.CapacityUnits - ((UInt128)cost * limit.TokenUnits), limit.RateUnits);
        UInt128 lead = time - nowTicks;
        if (lead > roomTicks || (lead == roomTicks && rest > roomRest))
        {
            next = state;
            waitTicks = Saturate(lead - roomTicks + (rest > roomRest ? 1U : 0U));
            return false;
        }

        next = Later(limit, time, rest, cost);
        waitTicks = 0;
        return true;
    }

    /// <summary>Whole tokens that are there.</summary>
    internal static int Remaining(LimitNumbers limit, BucketState state, ulong nowTicks)
    {
        if (!limit.IsNarrow || state.Word > MaxRest)
        {
            return RemainingExactly(limit, state, nowTicks);
        }

        if (state.Time < nowTicks)
        {
            return (int)limit.Capacity;
        }

        ulong lead = state.Time - nowTicks;
        if (lead > limit.NarrowFullTicks)
        {
            return 0;
        }

        ulong debt = (lead * limit.RateUnits) + state.Word;
        return (int)((limit.NarrowCapacityUnits - Math.Min(debt, limit.NarrowCapacityUnits)) / limit.TokenUnits);
    }

    /// <summary>As <see cref="Remaining"/>, in 128 bits, for every state that there is.</summary>
    internal static int RemainingExactly(LimitNumbers limit, BucketState state, ulong nowTicks)
    {
        UInt128 debt = Debt(limit, state, nowTicks, limit.CapacityUnits);
        return (int)((limit.CapacityUnits - debt) / limit.TokenUnits);
    }

    /// <summary>The first tick at which the bucket is full; 2^64 - 1 where it lies beyond that.</summary>
    internal static ulong ResetAt(BucketState state)
    {
        UInt128 time = Time(state) + ((state.Word & MaxRest) == 0 ? 0U : 1U);
        return (ulong)UInt128.Min(time, ulong.MaxValue);
    }

    /// <summary>The least wait until the bucket is full; at most 2^63 - 1.</summary>
    internal static ulong ResetAfter(BucketState state, ulong nowTicks)
    {
        ulong part = (state.Word & MaxRest) == 0 ? 0UL : 1UL;
        if (state.Word <= MaxRest && state.Time < FarTime)
        {
            return Math.Max(state.Time + part, nowTicks) - nowTicks;
        }

        return Saturate(UInt128.Max(Time(state) + part, nowTicks) - nowTicks);
    }

    /// <summary>Whether the debt is larger than the bucket, which only a forced charge causes.</summary>
    internal static bool IsOverdrawn(LimitNumbers limit, BucketState state, ulong nowTicks)
    {
        (UInt128 time, ulong rest) = Fullness(state, nowTicks);
        UInt128 lead = time - nowTicks;
        return lead > limit.FullTicks || (lead == limit.FullTicks && rest > limit.FullRest);
    }

    /// <summary>Takes tokens whether they are there or not.</summary>
    internal static BucketState Charge(LimitNumbers limit, BucketState state, ulong nowTicks, ulong cost)
    {
        (UInt128 time, ulong rest) = Fullness(state, nowTicks);
        return Later(limit, time, rest, cost);
    }

    /// <summary>Gives tokens back, never above the capacity.</summary>
    internal static BucketState Refund(LimitNumbers limit, BucketState state, ulong nowTicks, ulong cost)
    {
        (UInt128 time, ulong rest) = Fullness(state, nowTicks);
        (UInt128 ticks, UInt128 refundRest) = UInt128.DivRem((UInt128)cost * limit.TokenUnits, limit.RateUnits);
        UInt128 lead = time - nowTicks;
        if (lead < ticks || (lead == ticks && rest <= refundRest))
        {
            return default;
        }

        return rest >= refundRest
            ? State(time - ticks, rest - (ulong)refundRest)
            : State(time - ticks - 1, rest + limit.RateUnits - (ulong)refundRest);
    }

    /// <summary>The same use under other numbers: the same used tokens, rounded up, at most the new capacity.</summary>
    internal static BucketState Convert(LimitNumbers old, LimitNumbers limit, BucketState state, ulong nowTicks)
    {
        UInt128 ceiling = (UInt128)limit.Capacity * old.TokenUnits; // Below 2^80, so that the product below fits.
        UInt128 owed = Debt(old, state, nowTicks, ceiling);
        if (owed == 0)
        {
            return default;
        }

        UInt128 units = ((owed * limit.TokenUnits) + old.TokenUnits - 1) / old.TokenUnits;
        (UInt128 ticks, UInt128 rest) = UInt128.DivRem(units, limit.RateUnits);
        return State(nowTicks + ticks, (ulong)rest);
    }

    /// <summary>The state whose debt is at least that of either, at any time.</summary>
    internal static BucketState Merge(BucketState left, BucketState right)
    {
        UInt128 leftTime = Time(left);
        UInt128 rightTime = Time(right);
        return leftTime > rightTime || (leftTime == rightTime && (left.Word & MaxRest) >= (right.Word & MaxRest)) ? left : right;
    }

    /// <summary>The state with the largest debt of all that are full at an instant.</summary>
    /// <param name="limit">The limit's numbers.</param>
    /// <param name="untilTicks">When it is full; sooner where an empty bucket is full sooner.</param>
    /// <param name="overdrawnUntilTicks">When it is full if it may owe more than it holds.</param>
    /// <param name="nowTicks">The instant.</param>
    internal static BucketState MostUsedState(LimitNumbers limit, ulong untilTicks, ulong overdrawnUntilTicks, ulong nowTicks)
    {
        UInt128 empty = nowTicks + limit.FullTicks;
        UInt128 until = Unsaturate(untilTicks);
        BucketState capped = until <= empty ? State(until, 0) : State(empty, limit.FullRest);
        return Merge(capped, State(Unsaturate(overdrawnUntilTicks), 0));
    }

    /// <summary>The used tokens, in units, but at most a ceiling of less than 2^80.</summary>
    private static UInt128 Debt(LimitNumbers limit, BucketState state, ulong nowTicks, UInt128 ceiling)
    {
        (UInt128 time, ulong rest) = Fullness(state, nowTicks);
        return UInt128.Min(((time - nowTicks) * limit.RateUnits) + rest, ceiling); // 97 bits by 31, so that the sum fits.
    }

    private static (UInt128 Ticks, ulong Units) Fullness(BucketState state, ulong nowTicks)
    {
        UInt128 time = Time(state);
        return time < nowTicks ? (nowTicks, 0) : (time, state.Word & MaxRest);
    }

    private static BucketState Later(LimitNumbers limit, UInt128 time, ulong rest, ulong cost)
    {
        (UInt128 ticks, UInt128 more) = UInt128.DivRem(((UInt128)cost * limit.TokenUnits) + rest, limit.RateUnits);
        UInt128 later = time + ticks;
        return later > MaxTime ? State(MaxTime, 0) : State(later, (ulong)more);
    }

    private static UInt128 Time(BucketState state) => new(state.Word >> RestBits, state.Time);

    private static BucketState State(UInt128 time, ulong rest) =>
        new((ulong)(time & ulong.MaxValue), ((ulong)(time >> 64) << RestBits) | rest);

    /// <summary>An instant that may be a later one, cut off at 64 bits.</summary>
    private static UInt128 Unsaturate(ulong ticks) => ticks == ulong.MaxValue ? MaxTime : ticks;

    /// <summary>A wait, cut off at the longest <see cref="TimeSpan"/>, so that longer ones compare as equal.</summary>
    private static ulong Saturate(UInt128 ticks) => (ulong)UInt128.Min(ticks, long.MaxValue);
}
