namespace Sluice;

/// <summary>Told of every step of a decision, so that tests can order the steps of several threads.</summary>
internal interface ICommitSteps
{
    /// <summary>A step is about to be taken.</summary>
    static abstract void Reach(CommitStep step);
}
