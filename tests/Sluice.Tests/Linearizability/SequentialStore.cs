namespace Sluice.Tests;

/// <summary>What a store does when one operation comes after another: the specification that histories are held against.</summary>
/// <remarks>A value: <see cref="Run"/> gives the next one. Buckets that are not there are new.</remarks>
internal sealed class SequentialStore : IEquatable<SequentialStore>
{
    private readonly ulong _now;
    private readonly SortedDictionary<string, BucketState> _buckets;

    internal SequentialStore()
        : this(LimitNumbers.OriginTicks, new SortedDictionary<string, BucketState>(StringComparer.Ordinal))
    {
    }

    private SequentialStore(ulong now, SortedDictionary<string, BucketState> buckets)
    {
        _now = now;
        _buckets = buckets;
    }

    /// <summary>The buckets that are not new.</summary>
    internal IReadOnlyDictionary<string, BucketState> Buckets => _buckets;

    /// <summary>A store at an instant with these buckets.</summary>
    internal static SequentialStore At(ulong now, Dictionary<string, BucketState> buckets) =>
        new(now, new SortedDictionary<string, BucketState>(buckets, StringComparer.Ordinal));

    public bool Equals(SequentialStore? other) =>
        other is not null && _now == other._now && _buckets.SequenceEqual(other._buckets);

    public override bool Equals(object? obj) => Equals(obj as SequentialStore);

    public override int GetHashCode()
    {
        HashCode hash = default;
        hash.Add(_now);
        foreach (BucketState state in _buckets.Values)
        {
            hash.Add(state);
        }

        return hash.ToHashCode();
    }

    /// <summary>The answer, and the store after it.</summary>
    internal (Answer Answer, SequentialStore Next) Run(Operation operation) => operation.Verb switch
    {
        Verb.Acquire => Decide(operation.Request, mayCharge: true),
        Verb.Peek => Decide(operation.Request, mayCharge: false),
        Verb.Advance => (Answer.None, new SequentialStore(_now + (ulong)operation.Ticks, _buckets)),
        Verb.Charge => (Answer.None, Change(operation.Request, (numbers, state) =>
            BucketRules.Charge(numbers, state, _now, (ulong)operation.Request.Cost))),
        Verb.Refund => (Answer.None, Change(operation.Request, (numbers, state) =>
            BucketRules.Refund(numbers, state, _now, (ulong)operation.Request.Cost))),
        Verb.Reset => (Answer.None, With([(Key(operation.Request, 0), default)])),
        _ => throw new ArgumentOutOfRangeException(nameof(operation), operation.Verb, "Not a verb."),
    };

    private (Answer Answer, SequentialStore Next) Decide(in RateLimitRequest request, bool mayCharge)
    {
        int count = request.Limits.Count;
        BucketState[] next = new BucketState[count];
        ulong[] waits = new ulong[count];
        int refusing = -1;
        for (int i = 0; i < count; i++)
        {
            bool admits = BucketRules.Admits(
                Numbers(request, i), State(request, i), _now, (ulong)request.Cost, out next[i], out waits[i]);
            refusing = !admits && (refusing < 0 || waits[i] > waits[refusing]) ? i : refusing;
        }

        bool isCharged = refusing < 0 && mayCharge;
        LimitState[] states = new LimitState[count];
        for (int i = 0; i < count; i++)
        {
            BucketState state = isCharged ? next[i] : State(request, i);
            ulong reset = BucketRules.ResetAt(Numbers(request, i), state);
            states[i] = new LimitState
            {
                Outcome = waits[i] == 0 ? RateLimitOutcome.Allowed : RateLimitOutcome.Denied,
                Remaining = BucketRules.Remaining(Numbers(request, i), state, _now),
                RetryAfter = TimeSpan.FromTicks((long)waits[i]),
                ResetAfter = TimeSpan.FromTicks(reset <= _now ? 0 : (long)(reset - _now)),
            };
        }

        RateLimitDecision decision = new()
        {
            Outcome = refusing < 0 ? RateLimitOutcome.Allowed : RateLimitOutcome.Denied,
            Limit = refusing < 0 ? null : request.Limits[refusing],
            Remaining = refusing < 0 ? states.Min(state => state.Remaining) : states[refusing].Remaining,
            RetryAfter = refusing < 0 ? TimeSpan.Zero : states[refusing].RetryAfter,
        };
        RateLimitRequest copy = request;
        return (
            new Answer(decision, states),
            isCharged ? With(Enumerable.Range(0, count).Select(i => (Key(copy, i), next[i]))) : this);
    }

    private SequentialStore Change(RateLimitRequest request, Func<LimitNumbers, BucketState, BucketState> change) => With(
        Enumerable.Range(0, request.Limits.Count)
            .Select(i => (Key(request, i), change(Numbers(request, i), State(request, i)))));

    private SequentialStore With(IEnumerable<(string Key, BucketState State)> changes)
    {
        SortedDictionary<string, BucketState> buckets = new(_buckets, StringComparer.Ordinal);
        foreach ((string key, BucketState state) in changes)
        {
            _ = state.IsNew ? buckets.Remove(key) : (buckets[key] = state) == state;
        }

        return new SequentialStore(_now, buckets);
    }

    private BucketState State(in RateLimitRequest request, int index) => _buckets.GetValueOrDefault(Key(request, index));

    private static LimitNumbers Numbers(in RateLimitRequest request, int index) => new(request.Limits[index].Rate, 0);

    /// <summary>A bucket's name.</summary>
    internal static string Key(in RateLimitRequest request, int index)
    {
        RateLimit limit = request.Limits[index];
        return limit.Scope == RateLimitScope.Shared ? limit.Name : $"{limit.Name} of {request.Caller.Subject}";
    }
}
