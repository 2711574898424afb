namespace Sluice;

/// <content>The store's contract. Every member has done its work when it returns.</content>
public sealed partial class InProcessStore
{
    /// <inheritdoc/>
    public ValueTask<RateLimitDecision> AcquireAsync(
        RateLimitRequest request, Memory<LimitState> states, CancellationToken cancellationToken) =>
        cancellationToken.IsCancellationRequested
            ? ValueTask.FromCanceled<RateLimitDecision>(cancellationToken)
            : new ValueTask<RateLimitDecision>(Acquire(request, states.Span));

    /// <inheritdoc/>
    public ValueTask<RateLimitDecision> PeekAsync(
        RateLimitRequest request, Memory<LimitState> states, CancellationToken cancellationToken) =>
        cancellationToken.IsCancellationRequested
            ? ValueTask.FromCanceled<RateLimitDecision>(cancellationToken)
            : new ValueTask<RateLimitDecision>(Peek(request, states.Span));

    /// <inheritdoc/>
    public ValueTask ReleaseAsync(RateLimitRequest request, CancellationToken cancellationToken)
    {
        Release(request);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public bool CanReserve => true;

    /// <inheritdoc/>
    public ValueTask<RateLimitReservation> ReserveAsync(
        RateLimitRequest request, TimeSpan maxWait, Memory<LimitState> states, CancellationToken cancellationToken) =>
        cancellationToken.IsCancellationRequested
            ? ValueTask.FromCanceled<RateLimitReservation>(cancellationToken)
            : new ValueTask<RateLimitReservation>(Reserve(request, maxWait, states.Span));

    /// <inheritdoc/>
    public ValueTask CancelAsync(RateLimitRequest request, RateLimitReservation reservation, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled(cancellationToken);
        }

        Cancel(request, reservation);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask RefundAsync(RateLimitRequest request, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled(cancellationToken);
        }

        Refund(request);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask ChargeAsync(RateLimitRequest request, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled(cancellationToken);
        }

        Charge(request);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask ResetAsync(
        ReadOnlyMemory<RateLimit> limits, CallerIdentity caller, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled(cancellationToken);
        }

        Reset(limits.Span, caller);
        return ValueTask.CompletedTask;
    }
}
