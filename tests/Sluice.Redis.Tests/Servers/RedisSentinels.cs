namespace Sluice.Redis.Tests;

/// <summary>A primary, a replica, and three sentinels that watch them.</summary>
internal sealed class RedisSentinels : IDisposable
{
    /// <summary>What the sentinels call the primary.</summary>
    internal const string Name = "primary";

    private readonly RedisServer[] _sentinels;

    internal RedisSentinels()
    {
        Primary = RedisServer.Start();
        Replica = RedisServer.Start("--replicaof", "127.0.0.1 " + Primary.PortText);
        WaitUntil(() => Replica.Send("INFO", "replication").Contains("master_link_status:up", StringComparison.Ordinal));
        _sentinels = [.. Enumerable.Range(0, 3).Select(_ => StartSentinel())];
        WaitUntil(() => Array.TrueForAll(_sentinels, KnowsEverybody));
    }

    internal RedisServer Primary { get; }

    internal RedisServer Replica { get; }

    /// <summary>How a store is told of it.</summary>
    internal string Configuration => string.Join(',', _sentinels.Select(sentinel => sentinel.Configuration)) + ",serviceName=" + Name;

    public void Dispose()
    {
        foreach (RedisServer server in (RedisServer[])[.. _sentinels, Replica, Primary])
        {
            server.Dispose();
        }
    }

    // A sentinel rewrites its file, so it has one of its own.
    private RedisServer StartSentinel() => RedisServer.StartWithFile(
        $"""
        sentinel monitor {Name} 127.0.0.1 {Primary.PortText} 2
        sentinel down-after-milliseconds {Name} 1000
        sentinel failover-timeout {Name} 5000
        """,
        port: null,
        "--sentinel");

    private static bool KnowsEverybody(RedisServer sentinel)
    {
        string[] fields = sentinel.Send("SENTINEL", "MASTER", Name).Split('\n');
        return Field("num-slaves") == "1" && Field("num-other-sentinels") == "2";

        string Field(string name) => fields[Array.IndexOf(fields, name) + 1];
    }

    private static void WaitUntil(Func<bool> isSo) => RedisCluster.WaitUntil(isSo);
}
