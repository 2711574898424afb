using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Sluice.Redis;

/// <summary>The algorithms over Redis: what the script is told of each, and how the state of a bucket comes back.</summary>
/// <remarks>
/// <c>decide.lua</c> describes the bytes. No switch has a default arm, so the compiler names what a new algorithm lacks.
/// </remarks>
internal static class ScriptAlgorithm
{
    /// <summary>The numbers of a rate, by which a row knows under which a bucket was written.</summary>
    /// <param name="rate">The rate.</param>
    /// <param name="period">Its period in microseconds.</param>
    /// <param name="exact">Its numbers in microseconds.</param>
    internal static StepNumbers Numbers(Rate rate, ulong period, LimitNumbers exact) => rate.Algorithm switch
    {
        RateLimitAlgorithm.TokenBucket => StepNumbers.OfTokenBucket(rate, period, exact),
        RateLimitAlgorithm.SlidingWindow => new StepNumbers(3, exact, 1, 0, period),
        RateLimitAlgorithm.SlidingWindowCounter => new StepNumbers(4, exact, 1, 0, period),
        RateLimitAlgorithm.FixedWindow => new StepNumbers(5, exact, 1, rate.Align ? 1UL : 0UL, period),
        RateLimitAlgorithm.CalendarWindow => new StepNumbers(6, exact, 1, UnitCode(rate.Edges!), ZoneHash(rate.Edges!)),
    };

    /// <summary>The numbers of a limit on concurrency.</summary>
    internal static StepNumbers SlotNumbers(RateLimit limit) => new(7, LimitNumbers.Of(limit, epochTicks: 0, edges: null), 1, 0, 0);

    /// <summary>The values of a limit for a call's cost. Edges of a calendar and the holder of slots are written over them.</summary>
    internal static (double A, double B, double C, double D, double E) Values(RedisLimit limit, ulong cost)
    {
        LimitNumbers numbers = limit.Numbers.Steps;
        return numbers.Algorithm switch
        {
            RateLimitAlgorithm.TokenBucket => TokenValues(numbers, cost, limit.Limit.CostOf(cost) <= numbers.Capacity),
            RateLimitAlgorithm.SlidingWindow or RateLimitAlgorithm.SlidingWindowCounter or RateLimitAlgorithm.FixedWindow =>
                (numbers.PeriodTicks, numbers.MaxTokens, Whole(cost), numbers.IsAligned ? 1 : 0, 0),
            RateLimitAlgorithm.CalendarWindow => (0, numbers.MaxTokens, Whole(cost), 0, 0),
            Slots.Algorithm => (numbers.MaxTokens, 0, 0, 0, 0),
        };
    }

    /// <summary>Reads the state of a bucket.</summary>
    internal static BucketState ReadState(RedisLimit limit, ReadOnlySpan<byte> state) => limit.Numbers.Steps.Algorithm switch
    {
        RateLimitAlgorithm.SlidingWindow => new(ScriptReply.Integer(state[16..]), ScriptReply.Integer(state)),
        RateLimitAlgorithm.SlidingWindowCounter => new(
            ScriptReply.Integer(state),
            ((ulong)BinaryPrimitives.ReadUInt32LittleEndian(state[8..]) << 32)
                | BinaryPrimitives.ReadUInt32LittleEndian(state[12..])),
        RateLimitAlgorithm.TokenBucket or RateLimitAlgorithm.FixedWindow or RateLimitAlgorithm.CalendarWindow or Slots.Algorithm =>
            new(ScriptReply.Integer(state), ScriptReply.Integer(state[8..])),
    };

    private static (double Room, double RoomRest, double Charge, double ChargeRest, double Rate) TokenValues(
        LimitNumbers numbers, ulong cost, bool canAdmit)
    {
        (UInt128 charge, UInt128 chargeRest) = UInt128.DivRem((UInt128)cost * numbers.TokenUnits, numbers.RateUnits);
        if (!canAdmit)
        {
            return (-1, 0, Whole(charge), Whole(chargeRest), numbers.RateUnits); // No debt is small enough.
        }

        (UInt128 room, UInt128 roomRest) =
            UInt128.DivRem(numbers.CapacityUnits - ((UInt128)cost * numbers.TokenUnits), numbers.RateUnits);
        return (Whole(room), Whole(roomRest), Whole(charge), Whole(chargeRest), numbers.RateUnits);
    }

    private static double Whole(UInt128 value) => (ulong)UInt128.Min(value, ScriptLimit.Most);

    private static ulong UnitCode(ZonedEdges edges) => ((ulong)edges.Unit << 3) | (ulong)edges.WeekStart;

    // As many bits as a double holds. A hash collision of two zones does no harm: used tokens continue to count until their edge.
    private static ulong ZoneHash(ZonedEdges edges) =>
        BinaryPrimitives.ReadUInt64LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(edges.TimeZone))) >> 12;
}
