namespace Sluice;

/// <summary>One limit of a compiled policy: a rate or a number of calls at once, on a target, by a key.</summary>
/// <remarks>
/// <para>
/// Its bucket is known by <see cref="Server"/>, what the limit is on, <see cref="Key"/>, and in a list of rates by the period and the
/// algorithm; the other numbers are not part of that. The limits that overrides put in its place have the same bucket.
/// </para>
/// <para>Thread safety: immutable.</para>
/// </remarks>
public sealed class RateLimit
{
    private readonly Rate? _rate;

    private RateLimit(LimitTarget target, LimitKey key, BucketKeys buckets, RateKey bucket, LimitTerms terms, string suffix)
    {
        Target = target;
        Key = key;
        Buckets = buckets;
        Bucket = bucket;
        Mode = terms.Mode;
        OnStoreFailure = terms.OnStoreFailure;
        Rejection = terms.Rejection;
        Shares = terms.Shares;
        Name = LimitNames.Of(target, key) + suffix;
        Path = terms.Path;
    }

    private RateLimit(LimitTarget target, LimitKey key, BucketKeys buckets, RateKey bucket, RateList rates, int index, LimitTerms terms)
        : this(target, key, buckets, bucket, terms, LimitNames.Suffix(rates, index))
    {
        _rate = rates[index];
        Path = rates.Count > 1 ? $"{terms.Path}[{index}]" : terms.Path;
    }

    /// <summary>The name of the server whose calls it counts.</summary>
    public string Server => Target.Server;

    /// <summary>What the limit is on; <see cref="OperationKind.Server"/> for an entry of <c>limits</c>.</summary>
    public OperationKind Kind => Target.Kind;

    /// <summary>
    /// The name or glob of the tool, prompt, resource or method, as configured, trimmed; empty for
    /// <see cref="OperationKind.Server"/>.
    /// </summary>
    public string Operation => Target.Operation;

    /// <summary>What it counts by: callers who agree in all of its parts share a bucket.</summary>
    public LimitKey Key { get; }

    /// <summary>
    /// The limit's name, unique in its policy: <c>perUser</c> for the server's, <c>search/perUser</c> for a tool's,
    /// <c>prompt:NAME/perUser</c>, <c>resource:URI/perUser</c> and <c>method:NAME/perUser</c> for the others; an entry of <c>limits</c>
    /// has the name that it was given. In a list of rates the period follows: <c>perUser/1m</c>. An override keeps the name. A limit on
    /// concurrency ends in <c>/concurrency</c>, unless it is an entry of <c>limits</c>.
    /// </summary>
    public string Name { get; }

    /// <summary>The key as rejections spell it: <c>perUser</c>, or <c>tenant+claim:team</c> where it is the key of no scope.</summary>
    public string ScopeName => Key.ToString();

    /// <summary>The kind as configuration and rejections spell it: <c>tool</c>.</summary>
    public string KindName => LimitNames.Of(Kind);

    /// <summary>Whether it is an entry of <c>limits</c>, which has a name of its own.</summary>
    public bool IsNamed => Target.IsNamed;

    /// <summary>How many tokens, how often.</summary>
    /// <exception cref="InvalidOperationException">The limit has no rate: it is on <see cref="Concurrency"/>.</exception>
    /// <value>Of a limit that <see cref="AdmitsNothing"/>, the rate at which its bucket refills.</value>
    public Rate Rate => _rate ?? throw new InvalidOperationException($"The limit '{Name}' has no rate. Read Concurrency.");

    /// <summary>How many calls may run at once; null for a limit that has a rate.</summary>
    public int? Concurrency { get; private init; }

    /// <summary>The longest time for which a call keeps its slot; zero for a limit that has a rate.</summary>
    public TimeSpan MaxAge { get; private init; }

    /// <summary>Whether an override admits no call at all: every call is <see cref="RateLimitOutcome.Unsatisfiable"/>.</summary>
    public bool AdmitsNothing { get; private init; }

    /// <summary>The bucket's size in tokens, 0 when it <see cref="AdmitsNothing"/>; of a limit on concurrency, the calls at once.</summary>
    public int Capacity => AdmitsNothing ? 0 : Concurrency ?? Rate.Capacity;

    /// <summary>Tokens per period; 0 when it <see cref="AdmitsNothing"/>.</summary>
    public int MaxTokens => AdmitsNothing ? 0 : Rate.MaxTokens;

    /// <summary>Enforced or permissive; a disabled limit is in no <see cref="ApplicableLimits"/>.</summary>
    public LimitMode Mode { get; }

    /// <summary>What decides a call while the store does not answer.</summary>
    public StoreFailureMode OnStoreFailure { get; }

    /// <summary>Whether its buckets may be divided among processes, by a store that does so.</summary>
    public bool Shares { get; }

    /// <summary>How its rejections look on the wire.</summary>
    public RejectionForm Rejection { get; }

    /// <summary>Whether any call to which it applies may be held. Set while the policy is compiled.</summary>
    internal bool MayBeHeld { get; set; }

    /// <summary>
    /// The greatest cost that the policy names for a call to which it applies; at least 1. Set while the policy is compiled.
    /// </summary>
    internal int GreatestCost { get; set; } = 1;

    /// <summary>
    /// Whether a store may divide its buckets among processes, by what calls may do to them: no overrides give callers other numbers, and
    /// no call to which it applies may be held. Set while the policy is compiled.
    /// </summary>
    internal bool MayBeDivided { get; set; } = true;

    /// <summary>What the last store that met this limit by itself for the first time knows of it. Other stores look it up.</summary>
    internal RegisteredLimits? Registration { get; set; }

    /// <summary>Where it is written, from the root of the settings: <c>tools[0].perUser[1]</c>.</summary>
    internal string Path { get; }

    /// <summary>Whether an override put it in the place of another one.</summary>
    internal bool IsOverride => Path.StartsWith("overrides[", StringComparison.Ordinal) || Path.Contains(".overrides[", StringComparison.Ordinal);

    /// <summary>The normalised target: equal for every spelling that means the same.</summary>
    internal LimitTarget Target { get; }

    /// <summary>The bucket among <see cref="Buckets"/>: the period and the algorithm of the rate that it was first for.</summary>
    internal RateKey Bucket { get; }

    /// <summary>All buckets that its target has by its key in its policy, for all callers.</summary>
    internal BucketKeys Buckets { get; }

    /// <summary>What a call costs that costs so much elsewhere: more than there is, if nothing is admitted.</summary>
    internal ulong CostOf(ulong cost) => AdmitsNothing ? ulong.MaxValue : cost;

    /// <summary>The limits of a key on a target, one for each rate.</summary>
    /// <param name="target">What they are on.</param>
    /// <param name="key">What they count by.</param>
    /// <param name="buckets">The buckets.</param>
    /// <param name="list">The number of the list of rates among those for which the buckets were found.</param>
    /// <param name="rates">The list of rates.</param>
    /// <param name="terms">What is the same for all of them.</param>
    internal static RateLimit[] Of(LimitTarget target, LimitKey key, BucketKeys buckets, int list, RateList rates, LimitTerms terms)
    {
        RateLimit[] limits = new RateLimit[rates.Count];
        for (int index = 0; index < limits.Length; index++)
        {
            limits[index] = new RateLimit(target, key, buckets, buckets.Of(list, index), rates, index, terms);
        }

        return limits;
    }

    /// <summary>A limit that admits nothing, and leaves its bucket as it is.</summary>
    /// <param name="target">What it is on.</param>
    /// <param name="key">What it counts by.</param>
    /// <param name="buckets">The buckets; it has the first of them.</param>
    /// <param name="rate">The rate that the first bucket has otherwise.</param>
    /// <param name="terms">Its mode, and so on.</param>
    internal static RateLimit OfNothing(LimitTarget target, LimitKey key, BucketKeys buckets, Rate rate, LimitTerms terms) =>
        new(target, key, buckets, buckets.All[0], RateList.Create(rate), 0, terms) { AdmitsNothing = true };

    /// <summary>The limit on how many calls of a key on a target run at once.</summary>
    internal static RateLimit OfConcurrency(LimitTarget target, LimitKey key, int concurrency, TimeSpan maxAge, LimitTerms terms) =>
        new(target, key, BucketKeys.OfSlots, RateKey.OfSlots, terms, LimitNames.OfSlots(target)) { Concurrency = concurrency, MaxAge = maxAge };

    /// <summary><see cref="Name"/>.</summary>
    public override string ToString() => Name;
}
