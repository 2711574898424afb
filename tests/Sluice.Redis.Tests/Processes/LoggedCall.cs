namespace Sluice.Redis.Tests;

/// <summary>A decision as one process saw it.</summary>
/// <param name="Micros">Its instant: of the server's clock, or where there is no server of the machine's monotonic one.</param>
/// <param name="IsAllowed">Whether the call was admitted.</param>
internal readonly record struct LoggedCall(long Micros, bool IsAllowed);
