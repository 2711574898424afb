namespace Sluice.Redis;

/// <summary>
/// Names one life of a lane's shares in Redis. A restart, a failover or a lost key begins another one.
/// </summary>
/// <param name="StartMicros">The server's clock at its beginning.</param>
/// <param name="Starter">The process whose message began it. The default value, with zeros, is no epoch.</param>
internal readonly record struct ShareEpoch(long StartMicros, ulong Starter);
