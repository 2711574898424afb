namespace Sluice;

/// <summary>The steps of a decision between which other threads may run.</summary>
internal enum CommitStep
{
    /// <summary>About to look at a lock, and to take it if it is free.</summary>
    Locking,

    /// <summary>A lock was not free.</summary>
    Waiting,

    /// <summary>About to yield the processor to the holder of a lock.</summary>
    Yielding,

    /// <summary>About to read the clock.</summary>
    Reading,

    /// <summary>About to copy a state without a lock.</summary>
    Copying,

    /// <summary>About to write a bucket.</summary>
    Writing,

    /// <summary>About to release a lock.</summary>
    Unlocking,

    /// <summary>About to check whether anything changed since it was read.</summary>
    Validating,
}
