namespace Sluice;

/// <summary>Who made a decision.</summary>
public enum DecisionSource
{
    /// <summary>The store.</summary>
    Store = 0,

    /// <summary>The in-process stand-in, because the store did not answer (<see cref="StoreFailureMode.Local"/>).</summary>
    Local = 1,

    /// <summary>Nobody: the store did not answer, and <see cref="StoreFailureMode"/> alone decided.</summary>
    Open = 2,
}
