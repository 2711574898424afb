namespace Sluice.StoreContracts;

/// <summary>What a step of a history asks of the store.</summary>
public enum HistoryVerb
{
    /// <summary><see cref="IRateLimitStore.AcquireAsync"/>.</summary>
    Acquire = 0,

    /// <summary><see cref="IRateLimitStore.PeekAsync"/>.</summary>
    Peek = 1,

    /// <summary><see cref="IRateLimitStore.RefundAsync"/>.</summary>
    Refund = 2,

    /// <summary><see cref="IRateLimitStore.ChargeAsync"/>.</summary>
    Charge = 3,

    /// <summary><see cref="IRateLimitStore.ResetAsync"/>.</summary>
    Reset = 4,
}
