using System.Numerics;

namespace Sluice.Conformance;

/// <summary>The reference: a store that is right by inspection, in exact arithmetic, for one thread.</summary>
/// <remarks>
/// <para>
/// It reads its clock once a call, in whole steps of its resolution, and gives waits in whole steps, rounded up, as a store
/// with such a clock does.
/// </para>
/// <para>Thread safety: none; use it from one thread.</para>
/// </remarks>
public sealed class ModelStore : IRateLimitStore
{
    private readonly Dictionary<ModelBucketKey, ModelBucket> _buckets = [];
    private readonly TimeProvider _time;
    private readonly long _originTimestamp;
    private readonly BigInteger _epoch;
    private readonly BigInteger _resolution;
    private readonly BigInteger _counterCeiling;
    private BigInteger _now;

    /// <summary>A store without buckets.</summary>
    /// <param name="time">Its clock; the wall clock is read now and never again.</param>
    /// <param name="resolution">The step of its clock, at least 100 ns.</param>
    /// <param name="counterCeiling">The most tokens that one counter of a sliding window can hold.</param>
    public ModelStore(TimeProvider time, TimeSpan resolution, long counterCeiling)
    {
        ArgumentNullException.ThrowIfNull(time);
        ArgumentOutOfRangeException.ThrowIfLessThan(resolution, TimeSpan.FromTicks(1));
        _time = time;
        _originTimestamp = time.GetTimestamp();
        _epoch = time.GetUtcNow().UtcTicks - DateTimeOffset.UnixEpoch.UtcTicks;
        _resolution = resolution.Ticks;
        _counterCeiling = counterCeiling;
    }

    /// <inheritdoc/>
    public ValueTask<RateLimitDecision> AcquireAsync(
        RateLimitRequest request, Memory<LimitState> states, CancellationToken cancellationToken) =>
        ValueTask.FromResult(Decide(request, states, writes: true));

    /// <inheritdoc/>
    public ValueTask<RateLimitDecision> PeekAsync(
        RateLimitRequest request, Memory<LimitState> states, CancellationToken cancellationToken) =>
        ValueTask.FromResult(Decide(request, states, writes: false));

    /// <inheritdoc/>
    public ValueTask RefundAsync(RateLimitRequest request, CancellationToken cancellationToken)
    {
        Change(request, bucket => bucket.Refunded(request.Cost));
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask ChargeAsync(RateLimitRequest request, CancellationToken cancellationToken)
    {
        Change(request, bucket => bucket.Charged(request.Cost));
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask ResetAsync(
        ReadOnlyMemory<RateLimit> limits, CallerIdentity caller, CancellationToken cancellationToken)
    {
        ReadClock();
        foreach (RateLimit limit in limits.Span)
        {
            _buckets.Remove(ModelBucketKey.Of(limit, caller));
        }

        return ValueTask.CompletedTask;
    }

    private RateLimitDecision Decide(RateLimitRequest request, Memory<LimitState> states, bool writes)
    {
        ReadOnlySpan<RateLimit> limits = request.Limits.Limits;
        if (!states.IsEmpty && states.Length < limits.Length)
        {
            throw new ArgumentException("It is neither empty nor long enough.", nameof(states));
        }

        ReadClock();
        RateLimit[] enforced = [.. limits.ToArray().Where(limit => limit.Mode == LimitMode.Enforce)];
        bool isAllowed = enforced.All(limit => Find(limit, request.Caller).Admits(request.Cost));
        Dictionary<RateLimit, LimitState> answers = [];
        foreach (RateLimit limit in limits)
        {
            ModelBucket bucket = Find(limit, request.Caller);
            bool isCharged = writes && isAllowed && bucket.Admits(request.Cost);
            ModelBucket after = isCharged ? bucket.Charged(request.Cost) : bucket;
            answers[limit] = Answer(bucket, after, request.Cost);
            if (isCharged)
            {
                Keep(limit, request.Caller, after);
            }
        }

        for (int i = 0; i < Math.Min(limits.Length, states.Length); i++)
        {
            states.Span[i] = answers[limits[i]];
        }

        return Decision(enforced, answers);
    }

    private LimitState Answer(ModelBucket before, ModelBucket after, int cost)
    {
        RateLimitOutcome outcome = cost > before.Rate.Capacity ? RateLimitOutcome.Unsatisfiable
            : before.Admits(cost) ? RateLimitOutcome.Allowed
            : RateLimitOutcome.Denied;
        return new LimitState
        {
            Outcome = outcome,
            Remaining = (int)BigInteger.Max(0, after.Available.Floor()),
            RetryAfter = outcome switch
            {
                RateLimitOutcome.Allowed => TimeSpan.Zero,
                RateLimitOutcome.Unsatisfiable => Timeout.InfiniteTimeSpan,
                _ => Wait(before.UntilAdmits(cost)),
            },
            ResetAfter = Wait(after.UntilNew),
        };
    }

    private static RateLimitDecision Decision(RateLimit[] enforced, Dictionary<RateLimit, LimitState> answers)
    {
        // MaxBy takes the first of equals, which is the order of the policy.
        RateLimit? refusing = enforced.FirstOrDefault(limit => answers[limit].Outcome == RateLimitOutcome.Unsatisfiable)
            ?? enforced.Where(limit => answers[limit].Outcome == RateLimitOutcome.Denied).MaxBy(limit => answers[limit].RetryAfter);
        return new RateLimitDecision
        {
            Outcome = refusing is null ? RateLimitOutcome.Allowed : answers[refusing].Outcome,
            Source = DecisionSource.Store,
            Limit = refusing,
            Remaining = refusing is not null ? answers[refusing].Remaining
                : enforced.Select(limit => answers[limit].Remaining).DefaultIfEmpty(int.MaxValue).Min(),
            RetryAfter = refusing is null ? TimeSpan.Zero : answers[refusing].RetryAfter,
        };
    }

    private void Change(RateLimitRequest request, Func<ModelBucket, ModelBucket> change)
    {
        ReadClock();
        foreach (RateLimit limit in request.Limits.Limits)
        {
            Keep(limit, request.Caller, change(Find(limit, request.Caller)));
        }
    }

    /// <summary>The bucket as it is now, under the limit's numbers.</summary>
    private ModelBucket Find(RateLimit limit, CallerIdentity caller) =>
        _buckets.TryGetValue(ModelBucketKey.Of(limit, caller), out ModelBucket? kept)
            ? kept.At(_now).Under(limit.Rate, _epoch)
            : ModelBucket.New(limit.Rate, _now, _epoch);

    private void Keep(RateLimit limit, CallerIdentity caller, ModelBucket bucket) =>
        _buckets[ModelBucketKey.Of(limit, caller)] = bucket is ModelSlidingWindowCounter counter
            ? counter with { Current = BigInteger.Min(counter.Current, _counterCeiling) }
            : bucket;

    private void ReadClock()
    {
        BigInteger elapsed = (BigInteger)_time.GetTimestamp() - _originTimestamp;
        _now = BigInteger.Max(_now, elapsed - BigInteger.Remainder(elapsed, _resolution));
    }

    /// <summary>A wait in whole steps of the clock, rounded up; the longest there is when it is longer.</summary>
    private TimeSpan Wait(Rational ticks)
    {
        BigInteger steps = (ticks / _resolution).Ceiling();
        return TimeSpan.FromTicks((long)BigInteger.Min(long.MaxValue, steps * _resolution));
    }
}
