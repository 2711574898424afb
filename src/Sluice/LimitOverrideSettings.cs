namespace Sluice;

/// <summary>Other numbers for some callers of an entry of <c>limits</c>.</summary>
/// <remarks>The first entry that matches decides. Thread safety: immutable.</remarks>
public sealed record LimitOverrideSettings
{
    /// <summary>The callers for whom it is.</summary>
    /// <value>At least one condition.</value>
    public required CallerCondition When { get; init; }

    /// <summary>
    /// In the place of the entry's rates; of an entry that limits concurrency, <see cref="RateOverride.Unlimited"/> for no limit, or null.
    /// </summary>
    public RateOverride? Rate { get; init; }

    /// <summary>In the place of the entry's calls at once; null for an entry that has a rate.</summary>
    /// <value>From 1 to 1,000,000.</value>
    public int? Concurrency { get; init; }
}
