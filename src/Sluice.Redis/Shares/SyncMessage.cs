namespace Sluice.Redis;

/// <summary>
/// What a process tells the allocator of a lane: its shares, what it returns and what it wishes. It is one message.
/// </summary>
/// <param name="Process">The random id of the process.</param>
/// <param name="Number">From 1, and one more for each message. A message that is sent again keeps its number.</param>
/// <param name="Items">The buckets of which it speaks. It also renews the shares of this epoch that it does not
/// name.</param>
/// <param name="Unchanged">Processes whose number has not changed for the TTL, or for three times the TTL if they have
/// ended.</param>
/// <param name="Waited">An epoch that has decided nothing for the TTL, as this process saw; or none.</param>
internal sealed record SyncMessage(
    ulong Process, ulong Number, IReadOnlyList<SyncItem> Items, IReadOnlyList<SeenProcess> Unchanged, ShareEpoch Waited);
