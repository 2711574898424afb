namespace Sluice;

/// <summary>What the clocks of a store show at one instant.</summary>
/// <param name="Ticks">The monotonic clock: ticks of 100 ns since the store was made.</param>
/// <param name="Wall">The wall clock, UTC.</param>
/// <param name="Slept">How long the machine has slept since the store was made; changes of less than 100 ms are left out.</param>
internal readonly record struct StoreTime(long Ticks, DateTimeOffset Wall, TimeSpan Slept);
