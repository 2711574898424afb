namespace Sluice.Redis;

/// <summary>The decision on a call on a divided bucket.</summary>
/// <param name="Outcome">What became of the call.</param>
/// <param name="Micros">The reading of the clock that decided it.</param>
/// <param name="IsByServer">
/// Whether that clock is the server's, because all tokens came from the remainder; else it is this process's.
/// </param>
internal readonly record struct ShareDecision(ShareOutcome Outcome, long Micros, bool IsByServer = false);
