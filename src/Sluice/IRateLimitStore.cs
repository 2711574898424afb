namespace Sluice;

/// <summary>Keeps the buckets, and decides calls against them: all applicable limits or none, at one instant.</summary>
/// <remarks>
/// <para>
/// A limit's bucket is found by (server, target, scope, identity), never by its numbers: when a policy's numbers change,
/// what a caller has used is kept.
/// </para>
/// <para>
/// Every method takes <c>states</c>, or an empty memory where nobody reads them: the state of
/// <c>request.Limits[i]</c> is written to <c>states[i]</c>. A memory that is neither empty nor long enough is an
/// <see cref="ArgumentException"/>.
/// </para>
/// <para>
/// A store that cannot reach its state follows each limit's <see cref="RateLimit.OnStoreFailure"/>; it does not throw.
/// </para>
/// <para>Thread safety: every member may be called from any thread.</para>
/// </remarks>
public interface IRateLimitStore
{
    /// <summary>Decides a call, and charges its cost to all of its limits when they all admit it.</summary>
    /// <remarks>
    /// A refusal changes no bucket. A permissive limit never refuses; it is charged when the call is admitted and it has
    /// the tokens.
    /// </remarks>
    ValueTask<RateLimitDecision> AcquireAsync(
        RateLimitRequest request, Memory<LimitState> states, CancellationToken cancellationToken);

    /// <summary>The decision that <see cref="AcquireAsync"/> would make now; nothing is charged.</summary>
    /// <remarks>So what remains, and the time until a bucket is full, are as they are now: this call takes no part in them.</remarks>
    ValueTask<RateLimitDecision> PeekAsync(
        RateLimitRequest request, Memory<LimitState> states, CancellationToken cancellationToken);

    /// <summary>Decides a call that may wait: charges its cost now, for the first instant at which all of its limits admit it.</summary>
    /// <remarks>
    /// <para>
    /// The tokens count from that instant on, for every limit, so the promise of each limit holds for the instants at which calls are
    /// forwarded. Calls that wait for one bucket get their instants in the order of the reservations.
    /// </para>
    /// <para>If that instant is later than <paramref name="maxWait"/> from now, the call is rejected and nothing is charged.</para>
    /// <para>A store that does not override this method holds no call: it decides as <see cref="AcquireAsync"/> does.</para>
    /// </remarks>
    /// <param name="request">The call.</param>
    /// <param name="maxWait">The longest wait; zero for none.</param>
    /// <param name="states">Filled with the state of each limit after the decision, in the order of the request; or empty.</param>
    /// <param name="cancellationToken">Cancels the decision, not the reservation.</param>
    async ValueTask<RateLimitReservation> ReserveAsync(
        RateLimitRequest request, TimeSpan maxWait, Memory<LimitState> states, CancellationToken cancellationToken) =>
        new() { Decision = await AcquireAsync(request, states, cancellationToken).ConfigureAwait(false) };

    /// <summary>Takes back what <see cref="ReserveAsync"/> charged, for a call that is not made.</summary>
    /// <remarks>
    /// Before the instant of the reservation its tokens are as if it had never been made; instants that other calls got stay as they
    /// are. After it, this is a refund.
    /// </remarks>
    /// <param name="request">The same call. If a limit was not charged, leave it out.</param>
    /// <param name="reservation">What the store answered.</param>
    /// <param name="cancellationToken">Cancels the wait for the store.</param>
    ValueTask CancelAsync(RateLimitRequest request, RateLimitReservation reservation, CancellationToken cancellationToken) =>
        RefundAsync(request, cancellationToken);

    /// <summary>Gives the cost back to every limit, never above its capacity.</summary>
    ValueTask RefundAsync(RateLimitRequest request, CancellationToken cancellationToken);

    /// <summary>
    /// Charges the cost to every limit without asking: a bucket may go into debt, which delays the calls that follow.
    /// </summary>
    ValueTask ChargeAsync(RateLimitRequest request, CancellationToken cancellationToken);

    /// <summary>Forgets the caller's bucket of each of the limits: they are full again.</summary>
    ValueTask ResetAsync(
        ReadOnlyMemory<RateLimit> limits, CallerIdentity caller, CancellationToken cancellationToken);
}
