namespace Sluice.Redis;

/// <summary>What a verb of the remainder did.</summary>
/// <param name="Status">Whether it was done.</param>
/// <param name="ServerMicros">The server's clock.</param>
/// <param name="Moved">The units that it took or put back.</param>
/// <param name="Parts">The parts of the remainder.</param>
/// <param name="Level">The level of the remainder after it, in units; negative when the bucket is in debt.</param>
internal readonly record struct RemainderAnswer(RemainderStatus Status, long ServerMicros, long Moved, int Parts, long Level);
