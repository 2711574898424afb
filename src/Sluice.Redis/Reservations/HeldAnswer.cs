using System.Buffers.Binary;

namespace Sluice.Redis;

/// <summary>What the script answered to a call that may wait, or that met calls that wait.</summary>
/// <remarks>Thread safety: immutable.</remarks>
/// <param name="DelayMicros">The time from the decision to the instant at which all limits admit the call; 0 if they never do.</param>
/// <param name="Decider">The place, among the limits of the policy, of the limit that decided the instant; below zero where that is not
/// known.</param>
/// <param name="Buckets">The calls that each bucket holds, in the order of the limits.</param>
internal sealed record HeldAnswer(ulong DelayMicros, int Decider, HeldBucket[] Buckets)
{
    private const int LogBytes = 5 * sizeof(double);
    private const int StateBytes = 2 * sizeof(double);
    private const int CallBytes = sizeof(double) + sizeof(uint) + 1 + (2 * sizeof(ulong));

    /// <summary>The answer to a call that does not wait, to be filled from the answers of its rows.</summary>
    internal static HeldAnswer OfNow(RedisLimits limits) => new(0, -1, new HeldBucket[limits.Limits.Length]);

    /// <summary>Reads it, behind the instant of the decision; the states go to the call.</summary>
    /// <exception cref="RedisFaultException">The answer is too short.</exception>
    internal static HeldAnswer Read(ref ReadOnlySpan<byte> reply, PendingCall call, ulong nowMicros)
    {
        ScriptReply.Require(reply, sizeof(double) + 1);
        ulong at = ScriptReply.Integer(reply);
        int decider = reply[sizeof(double)] - 1;
        reply = reply[(sizeof(double) + 1)..];
        HeldBucket[] buckets = new HeldBucket[call.Limits.Limits.Length];
        for (int i = 0; i < call.Count; i++)
        {
            int index = call.LimitAt(i);
            RedisLimit limit = call.Limits.Limits[index];
            if (limit.IsLog)
            {
                ScriptReply.Require(reply, LogBytes);
                call.Seen[index] = new SeenBucket(new(Number(reply, 2), Number(reply, 0)), nowMicros, Number(reply, 1));
                buckets[index] = HeldBucket.OfLog((int)Number(reply, 3), Number(reply, 4));
                reply = reply[LogBytes..];
                continue;
            }

            ScriptReply.Require(reply, StateBytes);
            call.Seen[index] = new SeenBucket(ScriptAlgorithm.ReadState(limit, reply), nowMicros, 0);
            reply = reply[StateBytes..];
            buckets[index] = HeldBucket.Of(limit.IsSlots ? [] : ReadCalls(ref reply, limit.Numbers.StepMicros));
        }

        return new HeldAnswer(at == 0 ? 0 : at - nowMicros, decider < 0 ? -1 : call.LimitAt(decider), buckets);
    }

    /// <summary>
    /// Whether Redis charged a bucket for the call, if it admitted it: a permissive one without the tokens is not charged.
    /// </summary>
    internal bool IsTaking(RedisLimits limits, ReadOnlySpan<SeenBucket> seen, int index, ulong cost)
    {
        RedisLimit limit = limits.Limits[index];
        if (Buckets[index].IsUnread)
        {
            return BucketAnswer.Of(limit, seen[index], seen[index].NowMicros, cost).Outcome == RateLimitOutcome.Allowed;
        }

        ulong at = seen[index].NowMicros + DelayMicros;
        return limit.Limit.Mode == LimitMode.Enforce
            || (limit.Limit.CostOf(cost) <= limit.Numbers.Steps.Capacity && HeldVerdict.OpensAt(limit, seen[index], Buckets[index], at, cost) == at);
    }

    private static ReservedCall[] ReadCalls(ref ReadOnlySpan<byte> reply, ulong stepMicros)
    {
        ScriptReply.Require(reply, sizeof(uint));
        int count = (int)BinaryPrimitives.ReadUInt32LittleEndian(reply);
        reply = reply[sizeof(uint)..];
        ScriptReply.Require(reply, count * CallBytes);
        ReservedCall[] calls = new ReservedCall[count];
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> entry = reply[(i * CallBytes)..];
            uint cost = BinaryPrimitives.ReadUInt32LittleEndian(entry[sizeof(double)..]);
            calls[i] = new ReservedCall(
                ScriptReply.Integer(entry) / stepMicros, cost, Id: 0, IsDecider: entry[sizeof(double) + sizeof(uint)] == 1);
        }

        reply = reply[(count * CallBytes)..];
        return calls;
    }

    private static ulong Number(ReadOnlySpan<byte> reply, int index) => ScriptReply.Integer(reply[(index * sizeof(double))..]);
}
