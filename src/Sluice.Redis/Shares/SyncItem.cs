namespace Sluice.Redis;

/// <summary>What a message says of one bucket.</summary>
/// <param name="Bucket">The name of the bucket in its lane.</param>
/// <param name="Epoch">The epoch in which the share was granted or claimed; none without a share.</param>
/// <param name="Numbers">The numbers under which this item is counted.</param>
/// <param name="InUse">The parts that the process uses from now on; 0 without a share.</param>
/// <param name="Returned">The level of the parts that it released, in units.</param>
/// <param name="Wished">The parts that it would like to have; at least those in use, or 0 to have none.</param>
/// <param name="Demand">Tokens a second that callers asked for.</param>
/// <param name="IsShort">Whether callers were rejected for want of tokens.</param>
internal readonly record struct SyncItem(
    string Bucket, ShareEpoch Epoch, ShareNumbers Numbers, int InUse, long Returned, int Wished, double Demand, bool IsShort);
