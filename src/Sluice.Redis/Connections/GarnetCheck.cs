using System.Globalization;
using StackExchange.Redis;

namespace Sluice.Redis;

/// <summary>Rejects a Garnet whose scripts interleave: without <c>--lua-transaction-mode</c> two calls could spend one token.</summary>
/// <remarks>
/// Garnet does not tell whether the mode is set. So a script waits for another connection to change one of its keys, which it can
/// only see without the mode.
/// </remarks>
internal static class GarnetCheck
{
    private const string Advice = "Start Garnet with --lua --lua-transaction-mode.";

    /// <summary>It says that it runs through a key that it does not declare, which Garnet does not lock.</summary>
    private const string Script =
        """
        redis.call('SET', KEYS[1], 'first')
        redis.call('EXPIRE', KEYS[1], '60')
        redis.call('SET', ARGV[1], 'runs')
        redis.call('EXPIRE', ARGV[1], '60')
        local start = redis.call('TIME')
        while true do
          if redis.call('GET', KEYS[1]) ~= 'first' then
            return 1
          end
          local now = redis.call('TIME')
          if (now[1] - start[1]) * 1000000 + now[2] - start[2] > 250000 then
            return 0
          end
        end
        """;

    private const string Unclear = "The server was too slow to show whether its scripts interleave.";

    /// <summary>A write that is answered only after so long waits for the script, which runs for a quarter of a second.</summary>
    private static readonly TimeSpan LongWait = TimeSpan.FromMilliseconds(100);

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Does nothing where no server is a Garnet.</summary>
    /// <exception cref="RedisFaultException">A Garnet cannot be used, or did not show that it can.</exception>
    internal static async Task RequireTransactionsAsync(IConnectionMultiplexer multiplexer, IServer[] servers, TimeProvider time)
    {
        if (!servers.Any(server => server.GetProductVariant(out _) == ProductVariant.Garnet))
        {
            return;
        }

        // The second connection: commands of one connection never overtake each other.
        ConfigurationOptions options = ConfigurationOptions.Parse(multiplexer.Configuration);
        options.AbortOnConnectFail = true;
        await using ConnectionMultiplexer second = await ConnectionMultiplexer.ConnectAsync(options).WaitAsync(Patience, time).ConfigureAwait(false);
        if (await InterleavesAsync(multiplexer.GetDatabase(), second.GetDatabase(), time).WaitAsync(Patience, time).ConfigureAwait(false))
        {
            throw new RedisFaultException(RedisFaultKind.Refused, $"Scripts of this Garnet interleave. {Advice}");
        }
    }

    /// <summary>Whether another connection changes a key of a script while it runs.</summary>
    /// <exception cref="RedisFaultException">The two did not meet, which is no answer.</exception>
    private static async Task<bool> InterleavesAsync(IDatabase first, IDatabase second, TimeProvider time)
    {
        string id = Guid.NewGuid().ToString("N", CultureInfo.InvariantCulture);
        (string key, string runs) = ($"sluice:{{{id}}}:check", $"sluice:{{{id}}}:runs");
        Task<RedisResult> script = first.ScriptEvaluateAsync(Script, [key], [runs]);
        while ((await second.StringGetAsync(runs).ConfigureAwait(false)).IsNull)
        {
            if (script.IsCompleted)
            {
                await script.ConfigureAwait(false); // It may say that scripts are turned off.
                throw new RedisFaultException(RedisFaultKind.Timeout, Unclear);
            }
        }

        // It either waits for the end of the script, or changes what the script reads.
        long sent = time.GetTimestamp();
        Task write = second.StringSetAsync(key, "second", TimeSpan.FromMinutes(1));
        await Task.WhenAny(script, write).ConfigureAwait(false);
        bool isLocked = time.GetElapsedTime(sent) >= LongWait;
        bool isSeen = (long)await script.ConfigureAwait(false) == 1;
        await write.ConfigureAwait(false);
        return isSeen || (isLocked ? false : throw new RedisFaultException(RedisFaultKind.Timeout, Unclear));
    }
}
