namespace Sluice;

/// <summary>The answer of a store to a call that may wait.</summary>
/// <remarks>
/// <para>
/// If <see cref="Decision"/> allows the call, its tokens are charged, and the call may go on once <see cref="Delay"/> has passed,
/// never before. If the call is not made, <see cref="IRateLimitStore.CancelAsync"/> refunds the tokens.
/// </para>
/// <para>The default value is a rejection.</para>
/// <para>Thread safety: immutable.</para>
/// </remarks>
public readonly record struct RateLimitReservation
{
    /// <summary>The decision. A rejection carries the exact wait, as that of <see cref="IRateLimitStore.AcquireAsync"/> does.</summary>
    public RateLimitDecision Decision { get; init; }

    /// <summary>
    /// How long to hold the call, from the instant of the decision; zero for a call that may go on at once, and for a rejection.
    /// </summary>
    public TimeSpan Delay { get; init; }

    /// <summary>
    /// How much of <see cref="Delay"/> has passed by the time that the store answers; a store in this process takes none.
    /// </summary>
    internal TimeSpan Passed { get; init; }

    /// <summary>The number that the store knows the reservation by; zero where <see cref="Delay"/> is zero.</summary>
    public long Id { get; init; }
}
