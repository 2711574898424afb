namespace Sluice;

/// <summary>Other numbers for some callers of an entry of <c>limits</c>.</summary>
/// <remarks>The first entry that matches decides. Thread safety: immutable.</remarks>
public sealed record LimitOverrideSettings
{
    /// <summary>The callers for whom it is.</summary>
    /// <value>At least one condition.</value>
    public required CallerCondition When { get; init; }

    /// <summary>In the place of the entry's rates.</summary>
    public required RateOverride Rate { get; init; }
}
