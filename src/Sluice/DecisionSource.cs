namespace Sluice;

/// <summary>Who made a decision.</summary>
public enum DecisionSource
{
    /// <summary>The store.</summary>
    Store = 0,

    /// <summary>
    /// The buckets in this process, because the store did not answer (<see cref="StoreFailureMode.Share"/> or
    /// <see cref="StoreFailureMode.Local"/>).
    /// </summary>
    Local = 1,

    /// <summary>
    /// The configured mode alone, because the store did not answer: <see cref="StoreFailureMode.Allow"/> allowed the call, or
    /// <see cref="StoreFailureMode.Deny"/> denied it, or the part of this process is smaller than the cost of the call. No bucket was
    /// charged.
    /// </summary>
    OnStoreFailure = 2,
}
