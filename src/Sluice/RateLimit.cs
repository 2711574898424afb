namespace Sluice;

/// <summary>One limit of a compiled policy: a rate or a number of calls at once, on a target, for a scope.</summary>
/// <remarks>
/// <para>
/// Its bucket is known by <see cref="Server"/>, <see cref="Kind"/>, <see cref="Operation"/> and <see cref="Scope"/>, and in a
/// list of rates by the period and the algorithm; the other numbers are not part of that.
/// </para>
/// <para>Thread safety: immutable.</para>
/// </remarks>
public sealed class RateLimit
{
    private readonly Rate? _rate;

    private RateLimit(LimitTarget target, RateLimitScope scope, RateList rates, int index)
    {
        Target = target;
        Scope = scope;
        Rates = rates;
        _rate = rates[index];
        Name = LimitNames.Of(target, scope) + LimitNames.Suffix(rates, index);
    }

    private RateLimit(LimitTarget target, RateLimitScope scope, int concurrency, TimeSpan maxAge)
    {
        Target = target;
        Scope = scope;
        Rates = RateList.Create();
        Concurrency = concurrency;
        MaxAge = maxAge;
        Name = LimitNames.Of(target, scope) + LimitNames.ConcurrencySuffix;
    }

    /// <summary>All rates of its scope on its target, this limit's among them; empty for a limit on concurrency.</summary>
    internal RateList Rates { get; }

    /// <summary>The name of the server whose calls it counts.</summary>
    public string Server => Target.Server;

    /// <summary>What the limit is on.</summary>
    public OperationKind Kind => Target.Kind;

    /// <summary>
    /// The name or glob of the tool, prompt, resource or method, as configured, trimmed; empty for
    /// <see cref="OperationKind.Server"/>.
    /// </summary>
    public string Operation => Target.Operation;

    /// <summary>Who shares a bucket.</summary>
    public RateLimitScope Scope { get; }

    /// <summary>
    /// The limit's name, unique in its policy: <c>perUser</c> for the server's, <c>search/perUser</c> for a tool's,
    /// <c>prompt:NAME/perUser</c>, <c>resource:URI/perUser</c> and <c>method:NAME/perUser</c> for the others. In a list of rates
    /// the period follows: <c>perUser/1m</c>. A limit on concurrency ends in <c>/concurrency</c>.
    /// </summary>
    public string Name { get; }

    /// <summary>The scope as configuration and refusals spell it: <c>perUser</c>.</summary>
    public string ScopeName => LimitNames.Of(Scope);

    /// <summary>The kind as configuration and refusals spell it: <c>tool</c>.</summary>
    public string KindName => LimitNames.Of(Kind);

    /// <summary>How many tokens, how often.</summary>
    /// <exception cref="InvalidOperationException">The limit has no rate: it is on <see cref="Concurrency"/>.</exception>
    public Rate Rate => _rate ?? throw new InvalidOperationException($"The limit '{Name}' has no rate. Read Concurrency.");

    /// <summary>How many calls may run at once; null for a limit that has a rate.</summary>
    public int? Concurrency { get; }

    /// <summary>The most tokens that a bucket holds; of a limit on concurrency, the calls at once.</summary>
    public int Capacity => Concurrency ?? Rate.Capacity;

    /// <summary>The longest time for which a call keeps its slot; zero for a limit that has a rate.</summary>
    public TimeSpan MaxAge { get; }

    /// <summary>Enforced or permissive; a disabled limit is in no <see cref="ApplicableLimits"/>.</summary>
    public LimitMode Mode { get; internal init; }

    /// <summary>What decides a call while the store does not answer.</summary>
    public StoreFailureMode OnStoreFailure { get; internal init; } = StoreFailureMode.Share;

    /// <summary>How its refusals look on the wire.</summary>
    public RejectionForm Rejection { get; internal init; }

    /// <summary>Whether any call to which it applies may be held. Set while the policy is compiled.</summary>
    internal bool MayBeHeld { get; set; }

    /// <summary>What the last store that met this limit by itself for the first time knows of it. Other stores look it up.</summary>
    internal RegisteredLimits? Registration { get; set; }

    /// <summary>The normalised target: equal for every spelling that means the same.</summary>
    internal LimitTarget Target { get; }

    /// <summary>The limits of a scope on a target, one for each rate.</summary>
    internal static IEnumerable<RateLimit> Of(
        LimitTarget target, RateLimitScope scope, RateList rates, LimitMode mode, StoreFailureMode onStoreFailure, RejectionForm rejection) =>
        Enumerable.Range(0, rates.Count).Select(index => new RateLimit(target, scope, rates, index)
        {
            Mode = mode,
            OnStoreFailure = onStoreFailure,
            Rejection = rejection,
        });

    /// <summary>The limit on how many calls of a scope on a target run at once.</summary>
    internal static RateLimit OfConcurrency(
        LimitTarget target,
        RateLimitScope scope,
        int concurrency,
        TimeSpan maxAge,
        LimitMode mode,
        StoreFailureMode onStoreFailure,
        RejectionForm rejection) => new(target, scope, concurrency, maxAge)
        {
            Mode = mode,
            OnStoreFailure = onStoreFailure,
            Rejection = rejection,
        };

    /// <summary><see cref="Name"/>.</summary>
    public override string ToString() => Name;
}
