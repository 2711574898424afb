namespace Sluice;

/// <summary>The points of a decision between which others may step in.</summary>
internal enum CommitStep
{
    /// <summary>About to look at a lock, and to take it if it is free.</summary>
    Locking,

    /// <summary>A lock was not free.</summary>
    Waiting,

    /// <summary>About to give up the processor, so that a lock's holder may have it.</summary>
    Yielding,

    /// <summary>About to read the clock.</summary>
    Reading,

    /// <summary>About to copy a state without a lock.</summary>
    Copying,

    /// <summary>About to write a bucket.</summary>
    Writing,

    /// <summary>About to give a lock back.</summary>
    Unlocking,

    /// <summary>About to check whether anything changed since it was read.</summary>
    Validating,
}
