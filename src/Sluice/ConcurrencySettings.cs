namespace Sluice;

/// <summary>How many calls may run at once, for the server or for an operation, as configured.</summary>
/// <remarks>Thread safety: immutable.</remarks>
public sealed record ConcurrencySettings
{
    /// <summary>The most calls at once that a limit accepts.</summary>
    public const int MaxCalls = 1_000_000;

    /// <summary>The shortest <see cref="MaxAge"/>: 1 s.</summary>
    public static readonly TimeSpan MaxAgeLowerBound = TimeSpan.FromSeconds(1);

    /// <summary>The longest <see cref="MaxAge"/>: 7 days.</summary>
    public static readonly TimeSpan MaxAgeUpperBound = TimeSpan.FromDays(7);

    /// <summary>The <see cref="MaxAge"/> where none is set: 1 h.</summary>
    public static readonly TimeSpan DefaultMaxAge = TimeSpan.FromHours(1);

    /// <summary>Calls of all callers together; null for no limit.</summary>
    /// <value>From 1 to 1,000,000.</value>
    public int? Shared { get; init; }

    /// <summary>Calls of each tenant; null for no limit.</summary>
    /// <value>From 1 to 1,000,000.</value>
    public int? PerTenant { get; init; }

    /// <summary>Calls of each user; null for no limit.</summary>
    /// <value>From 1 to 1,000,000.</value>
    public int? PerUser { get; init; }

    /// <summary>Calls of each OAuth client; null for no limit.</summary>
    /// <value>From 1 to 1,000,000.</value>
    public int? PerClient { get; init; }

    /// <summary>
    /// The longest time for which a call keeps its slots. A call that runs longer goes on without them, and that is logged.
    /// Null for that of the server, and for the server 1 h.
    /// </summary>
    /// <value>From 1 s to 7 days.</value>
    public TimeSpan? MaxAge { get; init; }

    /// <summary>The calls at once of a scope; null for no limit.</summary>
    public int? this[RateLimitScope scope] => scope switch
    {
        RateLimitScope.Shared => Shared,
        RateLimitScope.PerTenant => PerTenant,
        RateLimitScope.PerUser => PerUser,
        RateLimitScope.PerClient => PerClient,
        _ => throw new ArgumentOutOfRangeException(nameof(scope), scope, "Not a scope."),
    };
}
