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
