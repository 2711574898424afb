namespace Sluice.Mcp.Tests.Deciding;

/// <summary>An in-process store that counts what it is asked, and answers at once or when the test says so.</summary>
internal sealed class StoreStub : IRateLimitStore
{
    private readonly InProcessStore _store = new();
    private readonly TaskCompletionSource _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Whether <see cref="Answer"/> must be called before a decision comes.</summary>
    internal bool IsSlow { get; init; }

    /// <summary>What the store says made its decisions.</summary>
    internal DecisionSource Source { get; init; }

    internal int Refunds { get; private set; }

    internal int Releases { get; private set; }

    internal void Answer() => _answer.SetResult();

    internal int Remaining(RateLimitRequest request) => _store.Peek(request, default).Remaining;

    public async ValueTask<RateLimitDecision> AcquireAsync(
        RateLimitRequest request, Memory<LimitState> states, CancellationToken cancellationToken)
    {
        if (IsSlow)
        {
            await _answer.Task.WaitAsync(cancellationToken);
        }

        return _store.Acquire(request, states.Span) with { Source = Source };
    }

    public ValueTask<RateLimitDecision> PeekAsync(
        RateLimitRequest request, Memory<LimitState> states, CancellationToken cancellationToken) =>
        _store.PeekAsync(request, states, cancellationToken);

    public ValueTask ReleaseAsync(RateLimitRequest request, CancellationToken cancellationToken)
    {
        Releases++;
        return _store.ReleaseAsync(request, cancellationToken);
    }

    public ValueTask RefundAsync(RateLimitRequest request, CancellationToken cancellationToken)
    {
        Refunds++;
        return _store.RefundAsync(request, cancellationToken);
    }

    public ValueTask ChargeAsync(RateLimitRequest request, CancellationToken cancellationToken) =>
        _store.ChargeAsync(request, cancellationToken);

    public ValueTask ResetAsync(ReadOnlyMemory<RateLimit> limits, CallerIdentity caller, CancellationToken cancellationToken) =>
        _store.ResetAsync(limits, caller, cancellationToken);
}
