namespace Sluice.StoreContracts;

/// <summary>How the contract gets a store, and what it must know of one to hold it to its promises.</summary>
/// <remarks>A test project derives one class for each kind of store, and from each class of the contract one for each of those.</remarks>
public abstract class StoreUnderTest
{
    /// <summary>The step of the store's clock.</summary>
    /// <value>Whole ticks of 100 ns, at most 1 µs. The default is one tick.</value>
    public virtual TimeSpan Resolution => TimeSpan.FromTicks(1);

    /// <summary>The last instant since its origin that the store's clock can show.</summary>
    /// <value>The default is the one at which a timestamp is <see cref="long.MaxValue"/>.</value>
    public virtual TimeSpan LastInstant => TimeSpan.FromTicks(long.MaxValue - ManualTimeProvider.Origin);

    /// <summary>
    /// Whether a clock that steps back counts, for every bucket, as standing at the last reading of any call. Where it is
    /// false only what was written remembers its instant; nothing is credited twice in either case.
    /// </summary>
    public virtual bool RemembersEveryReading => true;

    /// <summary>Whether the store has a wall clock apart from the clock by which it counts time.</summary>
    public virtual bool HasWallClock => true;

    /// <summary>
    /// The most tokens that one counter of a <see cref="RateLimitAlgorithm.SlidingWindowCounter"/> can hold: forced charges
    /// beyond it are not remembered.
    /// </summary>
    /// <value>At least <see cref="int.MaxValue"/>.</value>
    public virtual long CounterCeiling => long.MaxValue;

    /// <summary>
    /// By how much the runs of a caller who asks thousands of times, one call after another, are shorter where a call takes long.
    /// </summary>
    /// <value>The default is 1: as long as the contract says.</value>
    public virtual int ShorterRuns => 1;

    /// <summary>A store without buckets, on that clock. One that can be disposed of is, by the contract.</summary>
    public abstract IRateLimitStore Create(ManualTimeProvider time);

    /// <summary>The store of the process that starts after the process of <paramref name="crashed"/> has crashed.</summary>
    /// <remarks>
    /// A store in the memory of a process ends with it: this is a new store, without buckets. A store that processes share
    /// keeps its buckets, and what the crashed process reserved for calls that it held counts as used.
    /// </remarks>
    public virtual IRateLimitStore AfterCrash(IRateLimitStore crashed, ManualTimeProvider time) => Create(time);

    /// <summary>Whether the buckets outlive a process.</summary>
    public virtual bool OutlivesProcesses => false;

    /// <summary>
    /// The most tokens that random histories charge by force under a rate, lest the debt come to what the store can no longer count.
    /// </summary>
    /// <value>At least 1. The default is <see cref="int.MaxValue"/>.</value>
    public virtual int LargestForcedCharge(Rate rate) => int.MaxValue;

    /// <summary>Whether the store is exact for these numbers, and not only safe; random histories draw no others.</summary>
    public virtual bool IsExactFor(Rate rate) => true;
}
