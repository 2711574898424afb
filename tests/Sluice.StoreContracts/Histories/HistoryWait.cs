namespace Sluice.StoreContracts;

/// <summary>From where a step of a history counts its time.</summary>
public enum HistoryWait
{
    /// <summary>From the step before.</summary>
    FromNow = 0,

    /// <summary>From the instant at which the last decision said that a retry would be admitted.</summary>
    FromRetry = 1,

    /// <summary>From the instant at which the first limit of the last decision said that its bucket would be new.</summary>
    FromReset = 2,
}
