using System.Numerics;

namespace Sluice.StoreContracts;

/// <summary>An instant of the reference.</summary>
/// <param name="Now">By the monotonic clock: ticks of 100 ns since the store's origin.</param>
/// <param name="Epoch">The store's origin, in ticks since the Unix epoch.</param>
/// <param name="Wall">What the wall clock shows, in ticks since 1 January 0001, UTC.</param>
/// <param name="Latest">The most that the wall clock has shown to any call that reads it.</param>
internal sealed record ModelInstant(BigInteger Now, BigInteger Epoch, BigInteger Wall, BigInteger Latest);
