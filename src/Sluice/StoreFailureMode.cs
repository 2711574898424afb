namespace Sluice;

/// <summary>What decides a call while the store does not answer.</summary>
public enum StoreFailureMode
{
    /// <summary>Nothing: the call is rejected with an error of its own, which is not "rate limited".</summary>
    Deny = 0,

    /// <summary>The same limits, each in full, counted in this process until the store is back.</summary>
    Local = 1,

    /// <summary>Nothing: the call is allowed, and counted.</summary>
    Allow = 2,

    /// <summary>
    /// This process's part of the same limits, counted in this process until the store is back: with N processes, all parts together
    /// are the limit. The default of a policy.
    /// </summary>
    Share = 3,
}
