namespace Sluice.Benchmarks;

/// <summary>What ours is measured against.</summary>
internal static class TextbookScripts
{
    /// <summary>
    /// The token bucket of every blog post: a hash of two fields for each limit, floating point, a key's expiry with each write.
    /// It checks all of its keys and then charges all of them, so that it is as much all or nothing as ours.
    /// KEYS: one for each limit. ARGV: for each limit its capacity and its tokens a second. Returns 1 or 0.
    /// </summary>
    internal const string TwoFieldHashes =
        """
        local time = redis.call('TIME')
        local now = time[1] + time[2] / 1000000
        local left = {}
        for i = 1, #KEYS do
          local capacity, rate = tonumber(ARGV[2 * i - 1]), tonumber(ARGV[2 * i])
          local bucket = redis.call('HMGET', KEYS[i], 'tokens', 'refilled')
          local tokens, refilled = tonumber(bucket[1]) or capacity, tonumber(bucket[2]) or now
          left[i] = math.min(capacity, tokens + math.max(0, now - refilled) * rate) - 1
          if left[i] < 0 then
            return 0
          end
        end

        for i = 1, #KEYS do
          redis.call('HMSET', KEYS[i], 'tokens', left[i], 'refilled', now)
          redis.call('EXPIRE', KEYS[i], math.ceil(ARGV[2 * i - 1] / ARGV[2 * i]) + 1)
        end

        return 1
        """;

    /// <summary>The least that a script which needs the time can cost.</summary>
    internal const string OnlyTime = "redis.call('TIME') return 1";
}
