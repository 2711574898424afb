namespace Sluice.Redis;

/// <summary>What a reply says of one bucket.</summary>
/// <param name="Parts">The parts that the process has now.</param>
/// <param name="IsGone">Whether the share that the message named is not the process's any more.</param>
/// <param name="Level">The level that came with new parts, in units of the message's numbers.</param>
/// <param name="RemainderParts">The parts that no process has.</param>
/// <param name="RemainderLevel">The level of the remainder, in units; negative when the bucket is in debt.</param>
/// <param name="Demand">Tokens a second that callers asked of all processes, as far as they have said.</param>
/// <param name="OthersAreShort">Whether another process had to reject callers.</param>
/// <param name="OthersStarve">Whether another process that is short has less than 3/4 of its wish.</param>
/// <param name="ResetMicros">The server's clock when the bucket was last reset; 0 when it was not.</param>
internal readonly record struct SyncItemReply(
    int Parts,
    bool IsGone,
    long Level,
    int RemainderParts,
    long RemainderLevel,
    double Demand,
    bool OthersAreShort,
    bool OthersStarve,
    long ResetMicros);
