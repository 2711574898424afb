namespace Sluice.Redis.Tests;

/// <summary>A decision and what it took.</summary>
/// <param name="Decision">The decision.</param>
/// <param name="Took">By the clock of the machine.</param>
/// <param name="WasAtOnce">Whether nobody had to be waited for.</param>
internal readonly record struct TimedDecision(RateLimitDecision Decision, TimeSpan Took, bool WasAtOnce);
