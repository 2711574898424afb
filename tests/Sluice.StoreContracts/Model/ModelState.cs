using System.Collections.Immutable;
using System.Numerics;

namespace Sluice.StoreContracts;

/// <summary>All that the reference knows at one instant, and what each verb answers and makes of it.</summary>
/// <remarks>
/// Instants are ticks of 100 ns since the store's origin. Two states are equal when no operation could tell them apart. Thread
/// safety: immutable.
/// </remarks>
internal sealed class ModelState : IEquatable<ModelState>
{
    private readonly ModelInstant _instant;
    private readonly BigInteger _resolution;
    private readonly BigInteger _counterCeiling;
    private readonly ImmutableDictionary<ModelBucketKey, ModelBucket> _buckets;
    private readonly ImmutableDictionary<ModelBucketKey, int> _running;

    /// <summary>A state without buckets, at the origin.</summary>
    /// <param name="epoch">The origin, in ticks since the Unix epoch.</param>
    /// <param name="resolution">The step of the store's clock, in ticks.</param>
    /// <param name="counterCeiling">The most tokens that one counter of a sliding window can hold.</param>
    internal ModelState(BigInteger epoch, BigInteger resolution, BigInteger counterCeiling)
        : this(
            new ModelInstant(0, epoch, UtcTicks(epoch), UtcTicks(epoch)),
            resolution,
            counterCeiling,
            ImmutableDictionary<ModelBucketKey, ModelBucket>.Empty,
            ImmutableDictionary<ModelBucketKey, int>.Empty)
    {
    }

    private ModelState(
        ModelInstant instant,
        BigInteger resolution,
        BigInteger counterCeiling,
        ImmutableDictionary<ModelBucketKey, ModelBucket> buckets,
        ImmutableDictionary<ModelBucketKey, int> running)
    {
        _instant = instant;
        _resolution = resolution;
        _counterCeiling = counterCeiling;
        _buckets = buckets;
        _running = running;
    }

    /// <summary>The same later, if no call came. A monotonic clock that steps back stands still.</summary>
    /// <param name="elapsed">Ticks since the store's origin by the monotonic clock.</param>
    /// <param name="wallElapsed">The same by the wall clock, which may step back.</param>
    /// <param name="readsWall">Whether a call reads the wall clock: one with a limit that has windows of a calendar.</param>
    internal ModelState At(BigInteger elapsed, BigInteger wallElapsed, bool readsWall)
    {
        BigInteger now = BigInteger.Max(elapsed - BigInteger.Remainder(elapsed, _resolution), _instant.Now);
        BigInteger wall = UtcTicks(_instant.Epoch) + wallElapsed - BigInteger.Remainder(wallElapsed, _resolution);
        ModelInstant instant = _instant with { Now = now, Wall = wall, Latest = readsWall ? BigInteger.Max(_instant.Latest, wall) : _instant.Latest };
        return instant == _instant ? this : new ModelState(instant, _resolution, _counterCeiling, _buckets, _running);
    }

    /// <summary>The same so much later.</summary>
    internal ModelState After(BigInteger ticks) =>
        At(_instant.Now + ticks, _instant.Wall + ticks - UtcTicks(_instant.Epoch), readsWall: true);

    private static BigInteger UtcTicks(BigInteger unixTicks) => unixTicks + DateTime.UnixEpoch.Ticks;

    /// <summary>The decision about a call, the states of its limits, and what is then; nothing changes unless it charges.</summary>
    internal (RateLimitDecision Decision, LimitState[] States, ModelState Next) Decide(in RateLimitRequest request, bool charges)
    {
        RateLimit[] limits = request.Limits.Limits.ToArray();
        RateLimit[] enforced = [.. limits.Where(limit => limit.Mode == LimitMode.Enforce)];
        CallerIdentity caller = request.Caller;
        int cost = request.Cost;
        LimitState[] states = new LimitState[limits.Length];
        ModelState next = Adopting(limits, caller);
        ModelState now = next;
        bool isAllowed = enforced.All(limit =>
            limit.Concurrency is int calls ? now.Running(limit, caller) < calls : now.Admits(limit, caller, cost));
        for (int i = 0; i < limits.Length; i++)
        {
            if (limits[i].Concurrency is int calls)
            {
                // A permissive limit counts the call, too, when no slot is free.
                int running = now.Running(limits[i], caller);
                next = charges && isAllowed ? next.WithRunning(limits[i], caller, running + 1) : next;
                states[i] = SlotAnswer(calls, running, next.Running(limits[i], caller));
                continue;
            }

            ModelBucket before = next.Find(limits[i], caller);
            bool isCharged = charges && isAllowed && next.Admits(limits[i], caller, cost);
            ModelBucket after = isCharged ? before.Charged(cost) : before;
            states[i] = limits[i].AdmitsNothing ? Nothing(before) : Answer(before, after, cost);
            next = isCharged ? next.With(limits[i], caller, after) : next;
        }

        RateLimitDecision decision = Decision(
            enforced, limits, states, limit => limit.Concurrency is null ? now.Find(limit, caller).ResetsAt : null);
        return (
            decision with { Running = decision.Limit?.Concurrency is null ? 0 : now.Running(decision.Limit, caller) },
            states,
            isAllowed && charges ? next : this);
    }

    /// <summary>What is when a call has ended that was allowed.</summary>
    internal ModelState Released(in RateLimitRequest request)
    {
        ModelState next = this;
        foreach (RateLimit limit in request.Limits.Limits)
        {
            next = limit.Concurrency is null ? next : next.WithRunning(limit, request.Caller, next.Running(limit, request.Caller) - 1);
        }

        return next;
    }

    /// <summary>What is when a call's tokens were taken, whether they were there or not.</summary>
    internal ModelState Charged(in RateLimitRequest request)
    {
        int cost = request.Cost;
        return Change(request, bucket => bucket.Charged(cost));
    }

    /// <summary>What is when a call's tokens were given back.</summary>
    internal ModelState Refunded(in RateLimitRequest request)
    {
        int cost = request.Cost;
        return Change(request, bucket => bucket.Refunded(cost));
    }

    /// <summary>What is when a caller's buckets were forgotten.</summary>
    internal ModelState Reset(ReadOnlySpan<RateLimit> limits, CallerIdentity caller)
    {
        RateLimit[] alone = [.. limits.ToArray().Where(limit => limit.Buckets.All.Length == 1)];
        ImmutableDictionary<ModelBucketKey, ModelBucket> buckets = Adopting(alone, caller)._buckets;
        foreach (RateLimit limit in limits)
        {
            buckets = limit.Concurrency is null
                ? buckets.SetItem(ModelBucketKey.Of(limit, caller), ModelBucket.New(limit.Rate, _instant))
                : buckets;
        }

        return new ModelState(_instant, _resolution, _counterCeiling, buckets, _running);
    }

    public bool Equals(ModelState? other)
    {
        if (other is null || _instant != other._instant)
        {
            return false;
        }

        if (_running.Count != other._running.Count || !_running.All(other._running.Contains))
        {
            return false;
        }

        Dictionary<ModelBucketKey, ModelBucket> mine = Used();
        Dictionary<ModelBucketKey, ModelBucket> others = other.Used();
        return mine.Count == others.Count
            && mine.All(bucket => others.TryGetValue(bucket.Key, out ModelBucket? same) && bucket.Value.Equals(same));
    }

    public override bool Equals(object? obj) => Equals(obj as ModelState);

    public override int GetHashCode() =>
        Used().Aggregate(_running.Aggregate(_instant.GetHashCode(), (hash, slots) => hash ^ slots.GetHashCode()), (hash, bucket) => hash ^ HashCode.Combine(bucket.Key, bucket.Value));

    private Dictionary<ModelBucketKey, ModelBucket> Used() => _buckets
        .Select(bucket => KeyValuePair.Create(bucket.Key, bucket.Value.At(_instant)))
        .Where(bucket => !bucket.Value.IsNew)
        .ToDictionary();

    private bool Admits(RateLimit limit, CallerIdentity caller, int cost) => !limit.AdmitsNothing && Find(limit, caller).Admits(cost);

    private LimitState Nothing(ModelBucket bucket) => new()
    {
        Outcome = RateLimitOutcome.Unsatisfiable,
        RetryAfter = Timeout.InfiniteTimeSpan,
        ResetAfter = Wait(bucket.UntilNew),
    };

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

    private static RateLimitDecision Decision(
        RateLimit[] enforced, RateLimit[] limits, LimitState[] states, Func<RateLimit, BigInteger?> resetsAt)
    {
        LimitState Of(RateLimit limit) => states[Array.IndexOf(limits, limit)];

        // MaxBy takes the first of equals, which is the order of the policy.
        RateLimit? refusing = enforced.FirstOrDefault(limit => Of(limit).Outcome == RateLimitOutcome.Unsatisfiable)
            ?? enforced.Where(limit => Of(limit).Outcome == RateLimitOutcome.Denied).MaxBy(limit => Of(limit).RetryAfter);
        return new RateLimitDecision
        {
            Outcome = refusing is null ? RateLimitOutcome.Allowed : Of(refusing).Outcome,
            Source = DecisionSource.Store,
            Limit = refusing,
            Remaining = refusing is not null ? Of(refusing).Remaining
                : enforced.Where(limit => limit.Concurrency is null).Select(limit => Of(limit).Remaining).DefaultIfEmpty(int.MaxValue).Min(),
            RetryAfter = refusing is null ? TimeSpan.Zero : Of(refusing).RetryAfter,
            ResetsAtTicks = refusing is not null && Of(refusing).Outcome == RateLimitOutcome.Denied ? (long)(resetsAt(refusing) ?? 0) : 0,
        };
    }

    private ModelState Change(in RateLimitRequest request, Func<ModelBucket, ModelBucket> change)
    {
        ModelState now = Adopting(request.Limits.Limits, request.Caller);
        ModelState next = now;
        foreach (RateLimit limit in request.Limits.Limits)
        {
            next = limit.Concurrency is not null ? next : next.With(limit, request.Caller, change(now.Find(limit, request.Caller)));
        }

        return next;
    }

    /// <summary>
    /// The same with every limit's bucket under the limit's key: a limit without a bucket takes over one of its target that no
    /// limit names any more, best one of its algorithm.
    /// </summary>
    private ModelState Adopting(ReadOnlySpan<RateLimit> limits, CallerIdentity caller)
    {
        ImmutableDictionary<ModelBucketKey, ModelBucket> buckets = _buckets;
        foreach (RateLimit limit in limits)
        {
            if (limit.Concurrency is not null)
            {
                continue;
            }

            ModelBucketKey key = ModelBucketKey.Of(limit, caller);
            ModelBucketKey? adopted = buckets.ContainsKey(key) ? null : buckets.Keys
                .Where(other => other with { Rate = key.Rate } == key && !limit.Buckets.All.Contains(other.Rate))
                .OrderByDescending(other => other.Rate.Algorithm == key.Rate.Algorithm)
                .FirstOrDefault();
            if (adopted is not null)
            {
                buckets = buckets.SetItem(key, buckets[adopted]).Remove(adopted);
            }
        }

        return ReferenceEquals(buckets, _buckets) ? this : new ModelState(_instant, _resolution, _counterCeiling, buckets, _running);
    }

    private static LimitState SlotAnswer(int calls, int before, int after) => new()
    {
        Outcome = before < calls ? RateLimitOutcome.Allowed : RateLimitOutcome.Denied,
        Remaining = Math.Max(0, calls - after),
        RetryAfter = before < calls ? TimeSpan.Zero : TimeSpan.FromSeconds(1),
    };

    private int Running(RateLimit limit, CallerIdentity caller) => _running.GetValueOrDefault(ModelBucketKey.Of(limit, caller));

    private ModelState WithRunning(RateLimit limit, CallerIdentity caller, int running)
    {
        ModelBucketKey key = ModelBucketKey.Of(limit, caller);
        return new ModelState(
            _instant, _resolution, _counterCeiling, _buckets, running == 0 ? _running.Remove(key) : _running.SetItem(key, running));
    }

    /// <summary>The bucket as it is now, under the limit's numbers.</summary>
    private ModelBucket Find(RateLimit limit, CallerIdentity caller) =>
        _buckets.TryGetValue(ModelBucketKey.Of(limit, caller), out ModelBucket? kept)
            ? kept.At(_instant).Under(limit.Rate, _instant)
            : ModelBucket.New(limit.Rate, _instant);

    private ModelState With(RateLimit limit, CallerIdentity caller, ModelBucket bucket)
    {
        ModelBucket kept = bucket is ModelSlidingWindowCounter counter
            ? counter with { Current = BigInteger.Min(counter.Current, _counterCeiling) }
            : bucket;
        return new ModelState(
            _instant, _resolution, _counterCeiling, _buckets.SetItem(ModelBucketKey.Of(limit, caller), kept), _running);
    }

    /// <summary>A wait in whole steps of the clock, rounded up; the longest there is when it is longer.</summary>
    private TimeSpan Wait(Rational ticks)
    {
        BigInteger steps = (ticks / _resolution).Ceiling();
        return TimeSpan.FromTicks((long)BigInteger.Min(long.MaxValue, steps * _resolution));
    }
}
