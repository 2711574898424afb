namespace Sluice;

/// <summary>The lock of a set: its version, odd while it is held. Whoever waits spins, then yields.</summary>
/// <typeparam name="TSteps">Told of the steps.</typeparam>
internal static unsafe class SetLock<TSteps>
    where TSteps : struct, ICommitSteps
{
    internal static void Enter(BucketSet* set)
    {
        TSteps.Reach(CommitStep.Locking);
        long version = Volatile.Read(ref set->Version);
        if ((version & 1) != 0 || Interlocked.CompareExchange(ref set->Version, version + 1, version) != version)
        {
            Wait(set);
        }
    }

    /// <summary>Takes the lock if nobody holds it.</summary>
    internal static bool TryEnter(BucketSet* set)
    {
        TSteps.Reach(CommitStep.Locking);
        long version = Volatile.Read(ref set->Version);
        return (version & 1) == 0 && Interlocked.CompareExchange(ref set->Version, version + 1, version) == version;
    }

    /// <summary>Gives the lock back.</summary>
    /// <param name="set">The set.</param>
    /// <param name="hasChanged">Whether anything was written; if not, readers need not know.</param>
    internal static void Exit(BucketSet* set, bool hasChanged)
    {
        TSteps.Reach(CommitStep.Unlocking);
        Volatile.Write(ref set->Version, hasChanged ? set->Version + 1 : set->Version - 1);
    }

    private static void Wait(BucketSet* set)
    {
        SpinWait spin = default;
        while (true)
        {
            TSteps.Reach(CommitStep.Waiting);
            spin.SpinOnce(sleep1Threshold: -1); // Never sleeps: the holder is a few dozen instructions from done.
            if (TryEnter(set))
            {
                return;
            }
        }
    }
}
