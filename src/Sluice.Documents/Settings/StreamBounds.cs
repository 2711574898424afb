namespace Sluice.Documents;

/// <summary>How many long streams may be open at a time, and for how long: a GET, and <c>subscriptions/listen</c>.</summary>
/// <remarks>Thread safety: immutable.</remarks>
internal sealed record StreamBounds
{
    /// <summary>The most streams that either bound can allow: 1,000,000.</summary>
    public const int MaxStreams = 1_000_000;

    /// <summary>The shortest <see cref="MaxAge"/>: 1 s.</summary>
    public static readonly TimeSpan MaxAgeLowerBound = TimeSpan.FromSeconds(1);

    /// <summary>The longest <see cref="MaxAge"/>: 30 days.</summary>
    public static readonly TimeSpan MaxAgeUpperBound = TimeSpan.FromDays(30);

    /// <summary>The shortest <see cref="KeepAlive"/>: 1 s.</summary>
    public static readonly TimeSpan MinKeepAlive = TimeSpan.FromSeconds(1);

    /// <summary>The longest <see cref="KeepAlive"/>: 5 min.</summary>
    public static readonly TimeSpan MaxKeepAlive = TimeSpan.FromMinutes(5);

    /// <summary>The bounds of a gateway that sets none.</summary>
    public static StreamBounds Default { get; } = new();

    /// <summary>The most streams of one user. Callers of whom no user is known are bounded by <see cref="Total"/> alone.</summary>
    /// <value>1 to 1,000,000. The default is 100.</value>
    public int PerUser { get; init; } = 100;

    /// <summary>The most streams of all callers.</summary>
    /// <value>1 to 1,000,000. The default is 10,000.</value>
    public int Total { get; init; } = 10_000;

    /// <summary>After how long the gateway ends a stream, properly: its client may open another.</summary>
    /// <value>From 1 s to 30 days. The default is 1 day.</value>
    public TimeSpan MaxAge { get; init; } = TimeSpan.FromDays(1);

    /// <summary>
    /// After how long without an event the gateway sends a comment, in every event stream, those that answer a call included.
    /// </summary>
    /// <value>From 1 s to 5 min. The default is 20 s.</value>
    public TimeSpan KeepAlive { get; init; } = TimeSpan.FromSeconds(20);
}
