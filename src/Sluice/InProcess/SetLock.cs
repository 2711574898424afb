using System.Runtime.CompilerServices;

namespace Sluice;

/// <summary>
/// The lock of a set: its version, odd while it is held, with the instant of the last decision. A waiter spins, then yields.
/// </summary>
/// <remarks>
/// A waiter that looked at the lock all the time would take its cache line from the holder at every look. It keeps away for
/// about as long as some dozens of decisions take, so that on a hot set one core decides many calls before the other has its turn.
/// </remarks>
/// <typeparam name="TSteps">Told of the steps.</typeparam>
internal static unsafe class SetLock<TSteps>
    where TSteps : struct, ICommitSteps
{
    /// <summary>In place of a stamp: nothing was changed but hints, so readers need not know.</summary>
    internal const ulong Unchanged = 0;

    /// <summary>In place of a stamp: something was changed that does not depend on time.</summary>
    internal const ulong Timeless = 1;

    /// <summary>Later instants leave this stamp, which the system's clock reaches after some 50 years.</summary>
    private const ulong LatestStamp = 1UL << 54;

    /// <summary>How long a waiter keeps away: a microsecond or two.</summary>
    private const int PauseIterations = 40;

    /// <summary>After so many waits, the waiter yields the processor: the holder may need one.</summary>
    private const int WaitsPerYield = 16;

    /// <summary>Takes the lock.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Enter(BucketSet* set)
    {
        if (!TryEnter(set))
        {
            Wait(set);
        }
    }

    /// <summary>Takes the lock if it is free.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool TryEnter(BucketSet* set)
    {
        TSteps.Reach(CommitStep.Locking);
        long version = Volatile.Read(ref set->Version);
        return (version & 1) == 0 && TryEnter(set, version);
    }

    /// <summary>Takes the lock if nothing has changed since a version was read at which it was free.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool TryEnter(BucketSet* set, long version) =>
        Interlocked.CompareExchange(ref set->Version, version | 1, version) == version;

    /// <summary>Gives a set whose lock is held another version, although its buckets do not change.</summary>
    internal static void Renew(BucketSet* set) => set->Version += 2;

    /// <summary>A set's version, read after the clock and after everything else that was read before.</summary>
    /// <remarks>
    /// A processor may load what comes after the reading of the clock before it. It cannot where the address depends on what the
    /// clock showed; a fence would take ten times as long as a load.
    /// </remarks>
    /// <param name="set">The set.</param>
    /// <param name="nowTicks">What the clock showed; the two highest bits of an instant are never both set.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static long VersionAfter(BucketSet* set, ulong nowTicks)
    {
        Volatile.ReadBarrier();
        return Volatile.Read(ref (set + ((nowTicks >> 63) & (nowTicks >> 62)))->Version);
    }

    /// <summary>Whether an instant that was read before the lock was taken is not before any decision by the set.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool IsLatest(BucketSet* set, ulong nowTicks) => IsLatest(set->Version, nowTicks) && set->Readers == 0;

    /// <summary>Whether an instant is not before that of a version.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool IsLatest(long version, ulong nowTicks) => unchecked((ulong)version) >> BucketSet.CountBits <= nowTicks;

    /// <summary>Releases the lock.</summary>
    /// <param name="set">The set.</param>
    /// <param name="stamp">The instant in ticks at which the set was changed; or one of the constants.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Exit(BucketSet* set, ulong stamp)
    {
        TSteps.Reach(CommitStep.Unlocking);
        long version = set->Version;
        unchecked
        {
            long stamped = (long)(Math.Min(stamp, LatestStamp) << BucketSet.CountBits);
            Volatile.Write(ref set->Version, stamp == Unchanged ? version - 1 : Math.Max(version + 1, stamped));
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Wait(BucketSet* set)
    {
        for (int waits = 1; ; waits++)
        {
            TSteps.Reach(CommitStep.Waiting);
            if (waits % WaitsPerYield == 0 || Environment.ProcessorCount == 1)
            {
                TSteps.Reach(CommitStep.Yielding);
                _ = Thread.Yield(); // Never sleeps: the holder is a few dozen instructions from done.
            }
            else
            {
                Thread.SpinWait(PauseIterations);
            }

            if (TryEnter(set))
            {
                return;
            }
        }
    }
}
