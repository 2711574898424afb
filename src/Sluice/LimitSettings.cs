using System.Collections.Immutable;

namespace Sluice;

/// <summary>A limit by any key and condition, as configured: an entry of <c>limits</c>.</summary>
/// <remarks>Thread safety: immutable.</remarks>
public sealed record LimitSettings
{
    /// <summary>The longest name, in characters.</summary>
    public const int MaxNameLength = 64;

    /// <summary>The name, by which rejections, headers and metrics call it.</summary>
    /// <value>1 to 64 of <c>A-Z a-z 0-9 _ . -</c>; unique whatever the case of its letters, and not the name of a scope.</value>
    public required string Name { get; init; }

    /// <summary>What it counts by.</summary>
    /// <value>The default is one bucket for all callers.</value>
    public LimitKey Per { get; init; } = LimitKey.Shared;

    /// <summary>Which calls it counts.</summary>
    /// <value>The default is every metered call.</value>
    public LimitCondition When { get; init; } = new();

    /// <summary>The rates, all of which a call must meet; null for an entry that limits <see cref="Concurrency"/>.</summary>
    public RateList? Rate { get; init; }

    /// <summary>How many calls may run at once, in place of <see cref="Rate"/>; null for no such limit.</summary>
    /// <value>From 1 to 1,000,000.</value>
    public int? Concurrency { get; init; }

    /// <summary>
    /// The longest time for which a call keeps a slot of <see cref="Concurrency"/>; null for that of the server's <c>concurrency</c>, or
    /// 1 h without one.
    /// </summary>
    /// <value>From 1 s to 7 days.</value>
    public TimeSpan? MaxAge { get; init; }

    /// <summary>Other numbers for some callers.</summary>
    /// <value>At most 1,000 entries.</value>
    public ImmutableArray<LimitOverrideSettings> Overrides { get; init; } = [];

    /// <summary>
    /// Tokens that a call which this entry counts costs, in every limit that applies to it, where its operation and its method set
    /// nothing else; null for the policy's. Of several entries, the first that sets a cost decides.
    /// </summary>
    /// <value>At least 1.</value>
    public int? Cost { get; init; }

    /// <summary>
    /// How long a call that this entry counts may be held, whichever limit delays it; null for the policy's. It applies if neither the
    /// operation nor the method of the call sets a wait. Of several entries, the first that sets a wait decides.
    /// </summary>
    /// <value>From zero to <see cref="RateLimitingSettings.MaxWait"/>.</value>
    public TimeSpan? Wait { get; init; }

    /// <summary>The mode; null for the policy's.</summary>
    public LimitMode? Mode { get; init; }

    /// <summary>What decides while the store does not answer; null for the policy's.</summary>
    public StoreFailureMode? OnStoreFailure { get; init; }

    /// <summary>Whether the buckets may be divided among processes; null for the policy's.</summary>
    public bool? Shares { get; init; }

    /// <summary>How rejections by this limit look on the wire; null for the policy's.</summary>
    public RejectionForm? Rejection { get; init; }

    /// <summary>Whether it limits how many calls run at once, for all callers or by an override.</summary>
    internal bool LimitsConcurrency => Concurrency is not null || (Rate is null && Overrides.Any(other => other.Concurrency is not null));
}
