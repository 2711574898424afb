namespace Sluice.Redis;

/// <summary>The process that holds slots, by the id of its heartbeat when it acquired them.</summary>
/// <param name="Process">The id.</param>
internal sealed record SlotHolder(ulong Process);
