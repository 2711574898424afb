namespace Sluice;

/// <summary>What a bucket remembers: an instant and a word, whose meaning is its algorithm's.</summary>
/// <remarks>
/// <para>
/// Units: <see cref="Time"/> is an instant in ticks of 100 ns, counted from <see cref="LimitNumbers.OriginTicks"/> ticks
/// before the store's origin, so that no instant that an algorithm needs is below zero or above 2^64.
/// </para>
/// <para>The default value is a bucket that has not been used yet, whatever the algorithm.</para>
/// </remarks>
internal readonly record struct BucketState(ulong Time, ulong Word)
{
    /// <summary>Whether the bucket is new: it has no state.</summary>
    internal bool IsNew => (Time | Word) == 0;
}
