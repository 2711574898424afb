namespace Sluice.Redis;

/// <summary>How a lane carries calls.</summary>
/// <param name="Timeout">How long a call may take, waiting included.</param>
/// <param name="MaxRuns">How many runs may be on their way at once.</param>
/// <param name="MaxBatch">How many calls one run may hold.</param>
internal sealed record LaneSettings(TimeSpan Timeout, int MaxRuns, int MaxBatch);
