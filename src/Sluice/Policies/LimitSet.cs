namespace Sluice;

/// <summary>The limits of one kind of call, for every caller.</summary>
/// <remarks>
/// <para>
/// Where they depend on the identity parts that a caller lacks only, they are made at once; where they depend on overrides, conditions or
/// claims, when the first caller of a class comes.
/// </para>
/// <para>Thread safety: any thread may ask. Asking for a caller of a known class does not allocate.</para>
/// </remarks>
internal sealed class LimitSet
{
    private const int Combinations = 8;
    private readonly LimitGroup[] _groups;
    private readonly CallTerms _terms;
    private readonly CallerClasses _classes;
    private readonly ApplicableLimits? _whole;
    private readonly ApplicableLimits[]? _byKnownParts;
    private readonly ClassLimits? _byClass;

    /// <param name="groups">The limits, in order.</param>
    /// <param name="terms">What else holds for the calls.</param>
    /// <param name="classes">The classes of the policy's callers.</param>
    internal LimitSet(LimitGroup[] groups, CallTerms terms, CallerClasses classes)
    {
        _groups = groups;
        _terms = terms;
        _classes = classes;
        bool isPooled = terms.MissingIdentity == MissingIdentity.Pool;
        if (groups.Any(group => group.DependsOnCaller) || (!isPooled && groups.Any(group => group.Key.Any(part => part.Claim is not null))))
        {
            _byClass = new ClassLimits(groups, terms, classes);
            return;
        }

        RateLimit[] limits = groups.Length == 1 ? groups[0].Limits : [.. groups.SelectMany(group => group.Limits)];
        if (isPooled)
        {
            _whole = terms.Apply(limits, _ => true, groups);
            return;
        }

        // Parts that no key has make no difference: callers who differ in these only share one object.
        int counted = limits.Aggregate(0, (bits, limit) => bits | BitsOf(limit.Key));
        _byKnownParts = new ApplicableLimits[Combinations];
        for (int known = 0; known < Combinations; known++)
        {
            int parts = known & counted;
            _byKnownParts[known] = parts == known
                ? terms.Apply(limits, limit => (BitsOf(limit.Key) & ~parts) == 0, groups)
                : _byKnownParts[parts];
        }
    }

    /// <summary>No limits.</summary>
    internal static LimitSet None { get; } = new([], CallTerms.None, new CallerClasses([]));

    /// <summary>The limits for one caller.</summary>
    internal ApplicableLimits For(CallerIdentity caller) => _whole ?? ForCaller(caller);

    /// <summary>Why these limits apply to a caller.</summary>
    internal ExplainedCall Explain(CallerIdentity caller)
    {
        ExplainedLimits[] explained = [.. _groups.Select(group => Explain(group, caller))];
        LimitGroup? priced = _groups.Index().FirstOrDefault(group => explained[group.Index].Counts && group.Item.Named?.Settings.Cost is not null).Item;
        return new ExplainedCall(
            For(caller),
            _terms.OperationCost is not null ? _terms.CostPath! : priced is not null ? priced.Named!.Path + ".cost" : "cost",
            [.. explained]);
    }

    private ExplainedLimits Explain(LimitGroup group, CallerIdentity caller)
    {
        bool[] matches = [.. group.Overrides.Select(other => _classes.Passes(other.Test, caller))];
        int decides = Array.IndexOf(matches, true);
        bool counts = group.Test < 0 || _classes.Passes(group.Test, caller);
        return new ExplainedLimits(
            group.Path,
            group.Key,
            counts,
            group.Key.IsKnown(caller),
            group.Named?.Settings.Name,
            !counts ? [] : [.. group.Chosen(decides + 1)],
            [.. group.Overrides.Select((other, index) => new ExplainedOverride(other.Path, matches[index], counts && index == decides, [.. other.Limits]))]);
    }

    private ApplicableLimits ForCaller(CallerIdentity caller) =>
        _byKnownParts is not null ? _byKnownParts[KnownParts(caller)] : _byClass!.For(caller);

    private static int KnownParts(CallerIdentity caller) =>
        (caller.Tenant is null ? 0 : 1) | (caller.Subject is null ? 0 : 2) | (caller.Client is null ? 0 : 4);

    private static int BitsOf(LimitKey key) => key.Aggregate(0, (bits, part) => bits | 1 << part.Rank);
}
