namespace Sluice.Gateway;

/// <summary>One call of the traffic that is simulated.</summary>
/// <param name="Ticks">When it comes, in ticks of 100 ns since the start; never before the call that precedes it.</param>
/// <param name="Caller">The number of the caller.</param>
/// <param name="Operation">The number of the operation.</param>
internal readonly record struct Arrival(long Ticks, int Caller, int Operation);
