using System.Diagnostics;

namespace Sluice.Redis.Tests;

/// <summary>Three masters that share the slots, on free ports of the loopback address.</summary>
internal sealed class RedisCluster : IDisposable
{
    internal RedisCluster()
    {
        Nodes =
        [
            .. Enumerable.Range(0, 3).Select(_ => RedisServer.Start(
                "--cluster-enabled", "yes",
                "--cluster-node-timeout", "15000")), // A node that gets no processor for a while has not failed.
        ];
        using Process make = Process.Start(new ProcessStartInfo(
            "redis-cli", ["--cluster", "create", .. Nodes.Select(node => node.Configuration), "--cluster-yes"])
        {
            RedirectStandardOutput = true,
        })!;
        string output = make.StandardOutput.ReadToEnd();
        make.WaitForExit();
        make.ExitCode.ShouldBe(0, output);
        WaitUntil(() => Nodes.All(node => node.Send("CLUSTER", "INFO").Contains("cluster_state:ok", StringComparison.Ordinal)));
    }

    /// <summary>One for all tests that need one and leave it whole.</summary>
    internal static Lazy<RedisCluster> Shared { get; } = new(() => new RedisCluster());

    /// <summary>The masters.</summary>
    internal RedisServer[] Nodes { get; }

    /// <summary>How StackExchange.Redis is told of it.</summary>
    internal string Configuration => string.Join(',', Nodes.Select(node => node.Configuration));

    /// <summary>The master that a slot belongs to.</summary>
    internal RedisServer OwnerOf(int slot) =>
        Nodes.First(node => Owns(node, slot));

    /// <summary>Moves a slot with all of its keys to another master, as an operator's tool does.</summary>
    internal void Move(int slot, RedisServer from, RedisServer to)
    {
        BeginMove(slot, from, to);
        while (MoveAKey(slot, from, to))
        {
        }

        EndMove(slot, to);
    }

    /// <summary>From here on keys of the slot may lie on either of two masters.</summary>
    internal static void BeginMove(int slot, RedisServer from, RedisServer to)
    {
        to.Send("CLUSTER", "SETSLOT", Text(slot), "IMPORTING", IdOf(from)).ShouldBe("+OK");
        from.Send("CLUSTER", "SETSLOT", Text(slot), "MIGRATING", IdOf(to)).ShouldBe("+OK");
    }

    /// <summary>Moves one of the slot's keys, if there is one left.</summary>
    internal static bool MoveAKey(int slot, RedisServer from, RedisServer to)
    {
        string key = from.Send("CLUSTER", "GETKEYSINSLOT", Text(slot), "1");
        if (key.Length > 0)
        {
            from.Send("MIGRATE", "127.0.0.1", to.PortText, key, "0", "5000");
        }

        return key.Length > 0;
    }

    /// <summary>From here on the slot is another master's.</summary>
    internal void EndMove(int slot, RedisServer to)
    {
        foreach (RedisServer node in (RedisServer[])[to, .. Nodes])
        {
            node.Send("CLUSTER", "SETSLOT", Text(slot), "NODE", IdOf(to)).ShouldBe("+OK");
        }
    }

    public void Dispose()
    {
        foreach (RedisServer node in Nodes)
        {
            node.Dispose();
        }
    }

    private static bool Owns(RedisServer node, int slot)
    {
        string myself = node.Send("CLUSTER", "NODES").Split('\n').First(line => line.Contains("myself", StringComparison.Ordinal));
        return myself.Split(' ').Skip(8).Where(range => range[0] != '[').Any(range =>
        {
            int[] ends = [.. range.Split('-').Select(end => int.Parse(end, System.Globalization.CultureInfo.InvariantCulture))];
            return slot >= ends[0] && slot <= ends[^1];
        });
    }

    private static string Text(int slot) => slot.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private static string IdOf(RedisServer node) => node.Send("CLUSTER", "MYID");

    internal static void WaitUntil(Func<bool> isSo)
    {
        long start = Stopwatch.GetTimestamp();
        while (!isSo())
        {
            Stopwatch.GetElapsedTime(start).ShouldBeLessThan(Eventually.Patience, "The cluster did not form.");
            Thread.Sleep(50); // Other processes are waited for, by their own clocks.
        }
    }
}
