namespace Sluice.Gateway;

/// <summary>When a recorded operation took effect, and its place in its run.</summary>
/// <remarks>Thread safety: immutable.</remarks>
/// <param name="At">The instant, UTC, by the wall clock.</param>
/// <param name="Run">When the store of the run was made; a run is known by it. Null where the store does not tell its instants
/// (Redis).</param>
/// <param name="Number">The number of the operation in its run, from 1. A number that is missing was dropped. Zero without a run.</param>
/// <param name="Ticks">The instant by the store's own clock: ticks of 100 ns since the run began.</param>
/// <param name="Slept">How long the machine had slept since the run began.</param>
internal readonly record struct RecordedMoment(DateTimeOffset At, DateTimeOffset? Run, long Number, long Ticks, TimeSpan Slept);
