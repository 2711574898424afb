using System.Runtime.CompilerServices;

namespace Sluice.Redis;

/// <summary>Recent rejections, which hold until the tokens are there: a flood of rejected calls sends nothing to Redis.</summary>
/// <remarks>
/// <para>
/// Buckets only get emptier by what others do, so that a call which its buckets reject is rejected until they have refilled, by
/// the time that has passed since Redis was asked. It is counted from before the question when it says that the rejection is over,
/// so no caller is rejected whom Redis would admit, and from after the answer when it says how long to wait.
/// </para>
/// <para>
/// This process learns with a delay that a bucket was filled: of a reset or a refund through this store at once, of one by another process,
/// or of a changed limit there, after at most the time for which rejections are remembered.
/// </para>
/// <para>Memory: a fixed number of places; a newer rejection replaces an older one. Thread safety: any thread may ask and tell.</para>
/// </remarks>
internal sealed class RejectionMemory
{
    private const int Places = 4_096;

    private readonly TimeProvider _time;
    private readonly TimeSpan _span;
    private readonly Rejection?[] _places;
    private long _forgotten;

    /// <param name="span">For how long a rejection is remembered; zero for not at all.</param>
    /// <param name="time">The clock of this process.</param>
    internal RejectionMemory(TimeSpan span, TimeProvider time)
    {
        _span = span;
        _time = time;
        _places = span > TimeSpan.Zero ? new Rejection?[Places] : [];
    }

    /// <summary>The current version, to be passed to Remember, so that a rejection from before a change is not remembered.</summary>
    internal long Mark => Volatile.Read(ref _forgotten);

    /// <summary>Whether a call is rejected, by what is remembered of its buckets.</summary>
    internal bool TryRecall(RedisLimits limits, in RateLimitRequest request, Span<LimitState> states, out RateLimitDecision decision)
    {
        decision = default;
        if (_places.Length == 0
            || Volatile.Read(ref _places[PlaceOf(limits, request.Caller)]) is not Rejection rejection
            || !ReferenceEquals(rejection.Limits, limits)
            || (limits.NamesCaller && !rejection.Caller.Equals(request.Caller))
            || rejection.Mark != Mark)
        {
            return false;
        }

        long now = _time.GetTimestamp();
        TimeSpan sinceAsked = _time.GetElapsedTime(rejection.SentTimestamp, now);
        if (sinceAsked >= _span
            || Verdict.Of(limits, rejection.Seen, Micros(sinceAsked) + 1, (ulong)request.Cost, charges: true, states: []).IsAllowed)
        {
            return false;
        }

        TimeSpan sinceAnswered = _time.GetElapsedTime(rejection.AnsweredTimestamp, now);
        decision = Verdict.Of(limits, rejection.Seen, Micros(sinceAnswered), (ulong)request.Cost, charges: true, states);
        return true;
    }

    /// <summary>Remembers a call that was rejected.</summary>
    /// <param name="call">The call, answered.</param>
    /// <param name="caller">The caller.</param>
    /// <param name="mark">What <see cref="Mark"/> was before the call was sent.</param>
    internal void Remember(PendingCall call, CallerIdentity caller, long mark)
    {
        if (_places.Length != 0)
        {
            Rejection rejection = new(call.Limits, caller, call.Seen, call.SentTimestamp, call.AnsweredTimestamp, mark);
            Volatile.Write(ref _places[PlaceOf(call.Limits, caller)], rejection);
        }
    }

    /// <summary>Forgets all rejections: some bucket may be fuller than they know.</summary>
    internal void Forget() => Interlocked.Increment(ref _forgotten);

    private static int PlaceOf(RedisLimits limits, CallerIdentity caller) =>
        (RuntimeHelpers.GetHashCode(limits) ^ (limits.NamesCaller ? caller.GetHashCode() : 0)) & (Places - 1);

    private static ulong Micros(TimeSpan span) => (ulong)Math.Max(0, span.Ticks / TimeSpan.TicksPerMicrosecond);

    private sealed record Rejection(
        RedisLimits Limits, CallerIdentity Caller, SeenBucket[] Seen, long SentTimestamp, long AnsweredTimestamp, long Mark);
}
