namespace Sluice;

/// <summary>
/// Told of every step of a decision, so that tests can order the steps of several threads; and reads the system's clock, which tests
/// replace by one that they move.
/// </summary>
internal interface ICommitSteps
{
    /// <summary>A step is about to be taken.</summary>
    static abstract void Reach(CommitStep step);

    /// <summary>A timestamp of the system's clock.</summary>
    /// <param name="clock">That clock.</param>
    static abstract long Timestamp(ISystemClock clock);
}
