namespace Sluice;

/// <summary>Keeps the buckets, and decides calls against them: all applicable limits or none, at one instant.</summary>
/// <remarks>
/// <para>
/// A limit's bucket is found by (server, target, scope, identity), never by its numbers: when a policy's numbers change,
/// what a caller has used is kept.
/// </para>
/// <para>
/// Every method takes <c>states</c>, or an empty memory where they are not read: the state of
/// <c>request.Limits[i]</c> is written to <c>states[i]</c>. A memory that is neither empty nor long enough is an
/// <see cref="ArgumentException"/>.
/// </para>
/// <para>
/// A store that cannot reach its state follows each limit's <see cref="RateLimit.OnStoreFailure"/>; it does not throw. Only
/// <see cref="ResetAsync"/> does.
/// </para>
/// <para>Thread safety: every member may be called from any thread.</para>
/// </remarks>
public interface IRateLimitStore
{
    /// <summary>Decides a call, and charges its cost to all of its limits when they all admit it.</summary>
    /// <remarks>
    /// A rejection changes no bucket. A permissive limit never rejects; it is charged when the call is admitted and it has
    /// the tokens. A permissive limit on concurrency counts the call in any case.
    /// A call that is allowed also holds a slot of each of its limits on concurrency, until <see cref="ReleaseAsync"/>.
    /// </remarks>
    /// <exception cref="ArgumentException">
    /// A limit on concurrency applies, and <see cref="RateLimitRequest.Slots"/> is null or already holds slots.
    /// </exception>
    ValueTask<RateLimitDecision> AcquireAsync(
        RateLimitRequest request, Memory<LimitState> states, CancellationToken cancellationToken);

    /// <summary>The decision that <see cref="AcquireAsync"/> would make now; nothing is charged.</summary>
    /// <remarks>So what remains, and the time until a bucket is full, are as they are now: this call takes no part in them.</remarks>
    ValueTask<RateLimitDecision> PeekAsync(
        RateLimitRequest request, Memory<LimitState> states, CancellationToken cancellationToken);

    /// <summary>Whether <see cref="ReserveAsync"/> can admit a call for a later instant.</summary>
    /// <value>The default implementation returns false: a policy with <c>wait</c> then cannot use the store.</value>
    bool CanReserve => false;

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

    /// <summary>Releases the slots that a call holds, because it has ended; without effect if they were released before.</summary>
    /// <param name="request">The request that acquired them, with the same <see cref="RateLimitRequest.Slots"/>.</param>
    /// <param name="cancellationToken">Ends the wait. The slots are released in any case.</param>
    /// <remarks>
    /// <para>
    /// The slots go back to the buckets from which they came, whatever policy is in force by now. The store releases them even if
    /// it cannot be reached at the moment, and the caller need not wait. A later call of this process finds
    /// them free.
    /// </para>
    /// </remarks>
    ValueTask ReleaseAsync(RateLimitRequest request, CancellationToken cancellationToken);

    /// <summary>Gives the cost back to every limit that has a rate, never above its capacity. Slots are not concerned.</summary>
    ValueTask RefundAsync(RateLimitRequest request, CancellationToken cancellationToken);

    /// <summary>
    /// Charges the cost to every limit that has a rate without asking: a bucket may go into debt, which delays the calls that
    /// follow. Slots are not concerned.
    /// </summary>
    ValueTask ChargeAsync(RateLimitRequest request, CancellationToken cancellationToken);

    /// <summary>Forgets the caller's bucket of each of the limits that have a rate: they are full again.</summary>
    /// <remarks>Slots stay with the calls that hold them. A reset can be repeated: the result is the same.</remarks>
    /// <exception cref="IOException">
    /// The store cannot be reached, or did not confirm the reset in time: some of the buckets, or all, may be as they were.
    /// </exception>
    ValueTask ResetAsync(
        ReadOnlyMemory<RateLimit> limits, CallerIdentity caller, CancellationToken cancellationToken);
}
