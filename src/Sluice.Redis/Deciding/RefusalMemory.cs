using System.Runtime.CompilerServices;

namespace Sluice.Redis;

/// <summary>Refusals of a moment ago, which hold until the tokens are there: a flood of them asks Redis nothing.</summary>
/// <remarks>
/// <para>
/// Buckets only get emptier by what others do, so that a call which its buckets refuse is refused until they have refilled, by
/// the time that has passed since Redis was asked. It is counted from before the question when it says that the refusal is over,
/// so no caller is refused whom Redis would admit, and from after the answer when it says how long to wait.
/// </para>
/// <para>
/// What makes a bucket fuller is heard of late: a reset or a refund through this store at once, one of another process, or
/// other numbers there, after at most the time for which refusals are remembered.
/// </para>
/// <para>Memory: a fixed number of places; a newer refusal takes an older one's. Thread safety: any thread may ask and tell.</para>
/// </remarks>
internal sealed class RefusalMemory
{
    private const int Places = 4_096;

    private readonly TimeProvider _time;
    private readonly TimeSpan _span;
    private readonly Refusal?[] _places;
    private long _forgotten;

    /// <param name="span">For how long a refusal is remembered; zero for not at all.</param>
    /// <param name="time">The clock of this process.</param>
    internal RefusalMemory(TimeSpan span, TimeProvider time)
    {
        _span = span;
        _time = time;
        _places = span > TimeSpan.Zero ? new Refusal?[Places] : [];
    }

    /// <summary>What a later refusal must be told, so that it is not remembered beyond a change that came in between.</summary>
    internal long Mark => Volatile.Read(ref _forgotten);

    /// <summary>Whether a call is refused, by what is remembered of its buckets.</summary>
    internal bool TryRecall(RedisLimits limits, in RateLimitRequest request, Span<LimitState> states, out RateLimitDecision decision)
    {
        decision = default;
        if (_places.Length == 0
            || Volatile.Read(ref _places[PlaceOf(limits, request.Caller)]) is not Refusal refusal
            || !ReferenceEquals(refusal.Limits, limits)
            || (limits.NamesCaller && !refusal.Caller.Equals(request.Caller))
            || refusal.Mark != Mark)
        {
            return false;
        }

        long now = _time.GetTimestamp();
        TimeSpan sinceAsked = _time.GetElapsedTime(refusal.SentTimestamp, now);
        if (sinceAsked >= _span
            || Verdict.Of(limits, refusal.Seen, Micros(sinceAsked) + 1, (ulong)request.Cost, charges: true, states: []).IsAllowed)
        {
            return false;
        }

        TimeSpan sinceAnswered = _time.GetElapsedTime(refusal.AnsweredTimestamp, now);
        decision = Verdict.Of(limits, refusal.Seen, Micros(sinceAnswered), (ulong)request.Cost, charges: true, states);
        return true;
    }

    /// <summary>Remembers a call that was refused.</summary>
    /// <param name="call">The call, answered.</param>
    /// <param name="caller">The caller.</param>
    /// <param name="mark">What <see cref="Mark"/> was before the call was sent.</param>
    internal void Remember(PendingCall call, CallerIdentity caller, long mark)
    {
        if (_places.Length != 0)
        {
            Refusal refusal = new(call.Limits, caller, call.Seen, call.SentTimestamp, call.AnsweredTimestamp, mark);
            Volatile.Write(ref _places[PlaceOf(call.Limits, caller)], refusal);
        }
    }

    /// <summary>Forgets all refusals: some bucket may be fuller than they know.</summary>
    internal void Forget() => Interlocked.Increment(ref _forgotten);

    private static int PlaceOf(RedisLimits limits, CallerIdentity caller) =>
        (RuntimeHelpers.GetHashCode(limits) ^ (limits.NamesCaller ? caller.GetHashCode() : 0)) & (Places - 1);

    private static ulong Micros(TimeSpan span) => (ulong)Math.Max(0, span.Ticks / TimeSpan.TicksPerMicrosecond);

    private sealed record Refusal(
        RedisLimits Limits, CallerIdentity Caller, SeenBucket[] Seen, long SentTimestamp, long AnsweredTimestamp, long Mark);
}
