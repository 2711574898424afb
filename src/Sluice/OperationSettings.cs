using System.Collections.Immutable;

namespace Sluice;

/// <summary>The limits of one tool, prompt, resource or method, or of all that match a glob, as written in the configuration.</summary>
/// <remarks>Thread safety: immutable.</remarks>
public sealed record OperationSettings
{
    /// <summary>The name, or a glob in which <c>*</c> matches any characters.</summary>
    /// <value>1 to 256 characters, not counting surrounding white space.</value>
    public required string Name { get; init; }

    /// <summary>The limit that all callers share; null for none.</summary>
    public RateList? Shared { get; init; }

    /// <summary>The limit of each tenant; null for none.</summary>
    public RateList? PerTenant { get; init; }

    /// <summary>The limit of each user; null for none.</summary>
    public RateList? PerUser { get; init; }

    /// <summary>The limit of each OAuth client; null for none.</summary>
    public RateList? PerClient { get; init; }

    /// <summary>How many calls may run at once; null for no limit.</summary>
    public ConcurrencySettings? Concurrency { get; init; }

    /// <summary>Other numbers for some callers.</summary>
    /// <value>At most 1,000 entries.</value>
    public ImmutableArray<OverrideSettings> Overrides { get; init; } = [];

    /// <summary>Tokens that a call costs, in every limit that applies to it; null for the policy's.</summary>
    /// <value>At least 1.</value>
    public int? Cost { get; init; }

    /// <summary>How long a call that comes too early is held, whichever of its limits delays it; null for the policy's.</summary>
    /// <value>From 0 to 60 s; 0 rejects it at once.</value>
    public TimeSpan? Wait { get; init; }

    /// <summary>The mode of these limits; null for the policy's.</summary>
    public LimitMode? Mode { get; init; }

    /// <summary>What decides while the store does not answer; null for the policy's.</summary>
    public StoreFailureMode? OnStoreFailure { get; init; }

    /// <summary>Whether the buckets may be divided among processes; null for the policy's.</summary>
    public bool? Shares { get; init; }

    /// <summary>How rejections by these limits look on the wire; null for the policy's.</summary>
    public RejectionForm? Rejection { get; init; }

    /// <summary>The rates of a scope; null for none.</summary>
    public RateList? this[RateLimitScope scope] => scope switch
    {
        RateLimitScope.Shared => Shared,
        RateLimitScope.PerTenant => PerTenant,
        RateLimitScope.PerUser => PerUser,
        RateLimitScope.PerClient => PerClient,
        _ => throw new ArgumentOutOfRangeException(nameof(scope), scope, "Not a scope."),
    };
}
