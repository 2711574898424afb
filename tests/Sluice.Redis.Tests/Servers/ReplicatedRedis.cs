using System.Diagnostics;
using System.Globalization;

namespace Sluice.Redis.Tests;

/// <summary>A primary and its replica.</summary>
internal sealed class ReplicatedRedis : IDisposable
{
    private static readonly TimeSpan JoinsWithin = TimeSpan.FromSeconds(30);

    internal ReplicatedRedis()
    {
        Primary = RedisServer.Start("--repl-diskless-sync-delay", "0");
        Replica = RedisServer.Start("--replicaof", "127.0.0.1", Primary.PortText);
        long start = Stopwatch.GetTimestamp();
        while (!Replica.Send("INFO", "replication").Contains("master_link_status:up", StringComparison.Ordinal))
        {
            Stopwatch.GetElapsedTime(start).ShouldBeLessThan(JoinsWithin, "The replica did not join.");
            Thread.Sleep(20); // Another process is waited for, by its own clock.
        }
    }

    /// <summary>The server that takes writes at first.</summary>
    internal RedisServer Primary { get; }

    /// <summary>The server that can take over.</summary>
    internal RedisServer Replica { get; }

    /// <summary>How StackExchange.Redis is told of both.</summary>
    internal string Configuration => $"{Primary.Configuration},{Replica.Configuration}";

    /// <summary>Waits until the replica has everything, and then keeps from it what comes.</summary>
    internal void StopReplication()
    {
        Primary.Send("WAIT", "1", "5000");
        int nobody = Primary.Port + 1 == Replica.Port ? Primary.Port + 2 : Primary.Port + 1;
        Replica.Send("REPLICAOF", "127.0.0.1", nobody.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>Ends the primary and makes the replica one, with what it has.</summary>
    internal void FailOver()
    {
        Primary.Kill();
        Replica.Send("REPLICAOF", "NO", "ONE").ShouldBe("+OK");
    }

    public void Dispose()
    {
        Replica.Dispose();
        Primary.Dispose();
    }
}
