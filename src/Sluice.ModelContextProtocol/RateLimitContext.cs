namespace Sluice.ModelContextProtocol;

/// <summary>The limits that apply to a call, for the tool that is being called.</summary>
/// <remarks>
/// <para>From <c>request.GetRateLimits()</c>, in a tool that takes a <c>RequestContext&lt;CallToolRequestParams&gt;</c>.</para>
/// <para>Thread safety: every member may be called from any thread.</para>
/// </remarks>
public sealed class RateLimitContext
{
    private readonly IRateLimitStore? _store;
    private readonly ApplicableLimits _limits;
    private readonly CallerIdentity _caller;

    internal RateLimitContext(IRateLimitStore? store, ApplicableLimits limits, CallerIdentity caller)
    {
        _store = store;
        _limits = limits;
        _caller = caller;
    }

    /// <summary>Whether any limit applies to the call.</summary>
    public bool IsLimited => _store is not null && _limits.Count > 0;

    /// <summary>What the call has cost, in tokens of every limit; zero where none applies.</summary>
    public int Cost => IsLimited ? _limits.Cost : 0;

    /// <summary>The whole tokens that the caller has left now, in the enforced limit with the fewest.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns><see cref="int.MaxValue"/> where no enforced limit applies.</returns>
    public async ValueTask<int> GetRemainingAsync(CancellationToken cancellationToken = default)
    {
        IReadOnlyList<LimitBudget> budgets = await GetBudgetsAsync(cancellationToken).ConfigureAwait(false);
        return budgets.Where(budget => budget.Limit.Mode == LimitMode.Enforce)
            .Select(budget => budget.State.Remaining)
            .DefaultIfEmpty(int.MaxValue)
            .Min();
    }

    /// <summary>What the caller has left now, of each limit, in the order of evaluation.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    public async ValueTask<IReadOnlyList<LimitBudget>> GetBudgetsAsync(CancellationToken cancellationToken = default)
    {
        if (_store is null || _limits.Count == 0)
        {
            return [];
        }

        LimitState[] states = new LimitState[_limits.Count];
        await _store.PeekAsync(new RateLimitRequest(_limits, _caller), states, cancellationToken).ConfigureAwait(false);
        return [.. states.Select((state, index) => new LimitBudget(_limits[index], state))];
    }

    /// <summary>Charges what only the tool knows afterwards; a bucket may go into debt, which delays the calls that follow.</summary>
    /// <param name="tokens">At least 1.</param>
    /// <param name="cancellationToken">Cancels the wait for the store, before anything is charged.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="tokens"/> is below 1.</exception>
    public ValueTask ChargeAsync(int tokens, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(tokens, 1);
        return _store is null || _limits.Count == 0
            ? ValueTask.CompletedTask
            : _store.ChargeAsync(new RateLimitRequest(_limits, _caller, tokens), cancellationToken);
    }

    /// <summary>Refunds tokens to every limit, never above its capacity.</summary>
    /// <param name="tokens">At least 1.</param>
    /// <param name="cancellationToken">Cancels the wait for the store, before anything is refunded.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="tokens"/> is below 1.</exception>
    public ValueTask RefundAsync(int tokens, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(tokens, 1);
        return _store is null || _limits.Count == 0
            ? ValueTask.CompletedTask
            : _store.RefundAsync(new RateLimitRequest(_limits, _caller, tokens), cancellationToken);
    }
}
