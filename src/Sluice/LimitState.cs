namespace Sluice;

/// <summary>One limit's share in a decision: what its bucket holds, and what it would have answered alone.</summary>
/// <remarks>
/// <para>Units: <see cref="Remaining"/> is whole tokens, rounded down; times are exact to the store's clock tick.</para>
/// <para>The default value is a rejection with a wait of zero, and means that no decision was made.</para>
/// <para>Thread safety: immutable.</para>
/// </remarks>
public readonly record struct LimitState
{
    /// <summary>What this limit alone answers.</summary>
    /// <value>
    /// On a permissive limit <see cref="RateLimitOutcome.Denied"/> and <see cref="RateLimitOutcome.Unsatisfiable"/> mean
    /// that it would have rejected.
    /// </value>
    public RateLimitOutcome Outcome { get; init; }

    /// <summary>
    /// Whole tokens left after the decision; zero while the bucket is in debt. Of a limit on concurrency, the slots that are free.
    /// </summary>
    public int Remaining { get; init; }

    /// <summary>The exact wait until this limit would admit the call; zero when it does.</summary>
    /// <value><see cref="Timeout.InfiniteTimeSpan"/> when it never will.</value>
    public TimeSpan RetryAfter { get; init; }

    /// <summary>
    /// The time until the bucket is full, if no call comes. Zero for a limit on concurrency: when a running call ends is not known.
    /// </summary>
    public TimeSpan ResetAfter { get; init; }
}
