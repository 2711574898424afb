namespace Sluice.StoreContracts;

/// <summary>Asks a store by verb.</summary>
internal static class HistoryVerbExtensions
{
    /// <summary>The decision, or null for the verbs that make none.</summary>
    internal static async ValueTask<RateLimitDecision?> DoAsync(
        this IRateLimitStore store, HistoryVerb verb, RateLimitRequest request, Memory<LimitState> states)
    {
        switch (verb)
        {
            case HistoryVerb.Acquire:
                return await store.AcquireAsync(request, states, default);
            case HistoryVerb.Peek:
                return await store.PeekAsync(request, states, default);
            case HistoryVerb.Refund:
                await store.RefundAsync(request, default);
                return null;
            case HistoryVerb.Charge:
                await store.ChargeAsync(request, default);
                return null;
            case HistoryVerb.Reset:
                await store.ResetAsync(request.Limits.Limits.ToArray(), request.Caller, default);
                return null;
            default:
                throw new ArgumentOutOfRangeException(nameof(verb), verb, "Not a verb.");
        }
    }
}
