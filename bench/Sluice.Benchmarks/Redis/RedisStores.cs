using System.Globalization;
using Sluice.Redis;
using Sluice.Redis.Tests;

namespace Sluice.Benchmarks;

/// <summary>Stores and servers of the benchmarks.</summary>
internal static class RedisStores
{
    /// <summary>A store that Redis has answered.</summary>
    internal static RedisStore Open(RedisServer server, Action<RedisStoreOptions> configure)
    {
        RedisStoreOptions options = new() { Configuration = server.Configuration, Timeout = TimeSpan.FromSeconds(5) };
        configure(options);
        RedisStore store = RedisStore.Connect(options);
        return store.WarmUpAsync(TimeSpan.FromSeconds(30), default).GetAwaiter().GetResult()
            ? store
            : throw new InvalidOperationException("Redis does not answer.");
    }

    /// <summary>Ends a benchmark whose calls Redis did not decide.</summary>
    internal static void RequireStore(RateLimitDecision decision)
    {
        if (decision.Source != DecisionSource.Store)
        {
            throw new InvalidOperationException("A call was decided without Redis.");
        }
    }

    /// <summary>How often a command ran since <c>CONFIG RESETSTAT</c>, and how many microseconds that took the server.</summary>
    internal static (long Calls, double Micros) CommandStatistics(RedisServer server, string command)
    {
        string prefix = $"cmdstat_{command}:";
        string? line = server.Send("INFO", "commandstats").Split("\r\n").FirstOrDefault(line => line.StartsWith(prefix, StringComparison.Ordinal));
        if (line is null)
        {
            return (0, 0);
        }

        string[] parts = line[prefix.Length..].Split(',');
        return (
            long.Parse(parts[0].Split('=')[1], CultureInfo.InvariantCulture),
            double.Parse(parts[1].Split('=')[1], CultureInfo.InvariantCulture));
    }

    /// <summary>Seconds of processor time that a server has used.</summary>
    internal static double ProcessorSeconds(RedisServer server) => server.Send("INFO", "cpu").Split("\r\n")
        .Where(line => line.StartsWith("used_cpu_user:", StringComparison.Ordinal) || line.StartsWith("used_cpu_sys:", StringComparison.Ordinal))
        .Sum(line => double.Parse(line.Split(':')[1], CultureInfo.InvariantCulture));
}
