namespace Sluice;

/// <summary>Other numbers for some callers of an entry of <c>limits</c>.</summary>
/// <remarks>The first entry that matches decides. Thread safety: immutable.</remarks>
public sealed record LimitOverrideSettings
{
    /// <summary>The callers to whom it applies.</summary>
    /// <value>At least one condition.</value>
    public required CallerCondition When { get; init; }

    /// <summary>
    /// Replaces the entry's rates. In an entry that limits concurrency: <see cref="RateOverride.Unlimited"/> for no limit, or null.
    /// </summary>
    public RateOverride? Rate { get; init; }

    /// <summary>Replaces the entry's number of calls at once; null for an entry that has a rate.</summary>
    /// <value>From 1 to 1,000,000.</value>
    public int? Concurrency { get; init; }
}
