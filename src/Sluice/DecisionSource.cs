namespace Sluice;

/// <summary>Who made a decision.</summary>
public enum DecisionSource
{
    /// <summary>The store.</summary>
    Store = 0,

    /// <summary>The fallback in this process, because the store did not answer (<see cref="StoreFailureMode.Local"/>).</summary>
    Local = 1,

    /// <summary>
    /// The configured mode alone, because the store did not answer: <see cref="StoreFailureMode.Allow"/> allowed the call, or
    /// <see cref="StoreFailureMode.Deny"/> denied it. No bucket was read.
    /// </summary>
    OnStoreFailure = 2,
}
