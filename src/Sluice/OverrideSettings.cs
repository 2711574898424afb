namespace Sluice;

/// <summary>Other numbers for some callers, for the scopes that it names: an entry of <c>overrides</c>.</summary>
/// <remarks>
/// <para>
/// The first entry that matches the caller and names a scope decides for that scope. The bucket stays the same, so that what a caller
/// has used is kept when another entry matches.
/// </para>
/// <para>Thread safety: immutable.</para>
/// </remarks>
public sealed record OverrideSettings
{
    /// <summary>The callers for whom it is.</summary>
    /// <value>At least one condition.</value>
    public required CallerCondition When { get; init; }

    /// <summary>In the place of the limit that all callers share; null to leave it.</summary>
    public RateOverride? Shared { get; init; }

    /// <summary>In the place of the limit of each tenant; null to leave it.</summary>
    public RateOverride? PerTenant { get; init; }

    /// <summary>In the place of the limit of each user; null to leave it.</summary>
    public RateOverride? PerUser { get; init; }

    /// <summary>In the place of the limit of each OAuth client; null to leave it.</summary>
    public RateOverride? PerClient { get; init; }

    /// <summary>What it says of a scope; null to leave it.</summary>
    public RateOverride? this[RateLimitScope scope] => scope switch
    {
        RateLimitScope.Shared => Shared,
        RateLimitScope.PerTenant => PerTenant,
        RateLimitScope.PerUser => PerUser,
        RateLimitScope.PerClient => PerClient,
        _ => throw new ArgumentOutOfRangeException(nameof(scope), scope, "Not a scope."),
    };
}
