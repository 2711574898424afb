namespace Sluice.Redis;

/// <summary>The slots of calls that this process admits while Redis does not answer.</summary>
/// <remarks>
/// With <see cref="StoreFailureMode.Local"/> this process admits up to the whole limit, with <see cref="StoreFailureMode.Share"/> up to
/// its part; a part of no slots denies. Calls that acquired their slots in Redis are not counted here. Thread safety: any thread.
/// </remarks>
/// <param name="store">Counts them.</param>
/// <param name="members">How many processes there are.</param>
internal sealed class LocalSlots(InProcessStore store, Func<Membership> members)
{
    /// <summary>What a caller is told to wait when this process has no part.</summary>
    private static readonly TimeSpan DeniedFor = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Held while a call is decided by its slots and then by the rest of its limits, so that no other call sees half of it.
    /// </summary>
    internal Lock Gate { get; } = new();

    /// <summary>Acquires the slots of a call, or says why not. The caller holds <see cref="Gate"/>.</summary>
    internal bool TryAcquire(in RateLimitRequest request, out RateLimitDecision rejection)
    {
        rejection = default;
        if (IsWithoutPart(request.Limits))
        {
            rejection = new RateLimitDecision
            {
                Outcome = RateLimitOutcome.Denied,
                Source = DecisionSource.OnStoreFailure,
                RetryAfter = DeniedFor,
            };
            return false;
        }

        (RateLimit Limit, RateLimit Part)[] counted = Counted(request.Limits);
        if (counted.Length == 0)
        {
            return true;
        }

        RateLimitRequest slots = new(new ApplicableLimits([.. counted.Select(pair => pair.Part)], cost: 1), request.Caller)
        {
            Slots = request.Slots,
        };
        RateLimitDecision decision = store.Acquire(slots, default);
        if (decision.IsAllowed)
        {
            return true;
        }

        RateLimit rejecting = counted.First(pair => ReferenceEquals(pair.Part, decision.Limit)).Limit;
        rejection = decision with { Source = DecisionSource.Local, Limit = rejecting };
        return false;
    }

    /// <summary>Releases the slots that a call acquired here.</summary>
    internal void Release(in RateLimitRequest request) => store.Release(
        new RateLimitRequest(new ApplicableLimits([.. Counted(request.Limits).Select(pair => pair.Part)], cost: 1), request.Caller)
        {
            Slots = request.Slots,
        });

    /// <summary>Whether an enforced limit leaves this process no slot.</summary>
    private bool IsWithoutPart(ApplicableLimits limits) => limits.Limits.ToArray().Any(limit =>
        limit is { Concurrency: int calls, Mode: LimitMode.Enforce, OnStoreFailure: StoreFailureMode.Share }
        && Part.Of(members()).Tokens(calls) == 0);

    private (RateLimit Limit, RateLimit Part)[] Counted(ApplicableLimits limits) =>
    [
        .. from limit in limits.Limits.ToArray()
           where limit.Concurrency is not null && limit.OnStoreFailure is (StoreFailureMode.Local or StoreFailureMode.Share)
           select (limit, PartOf(limit)),
    ];

    private RateLimit PartOf(RateLimit limit)
    {
        int calls = limit.OnStoreFailure == StoreFailureMode.Share
            ? Math.Max(1, Part.Of(members()).Tokens(limit.Concurrency!.Value))
            : limit.Concurrency!.Value;
        LimitTerms terms = new(limit.Mode, limit.OnStoreFailure, limit.Rejection);
        return RateLimit.OfConcurrency(limit.Target, limit.Key, calls, limit.MaxAge, terms);
    }
}
