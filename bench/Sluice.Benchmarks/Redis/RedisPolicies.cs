using Sluice.Redis;

namespace Sluice.Benchmarks;

/// <summary>What is limited in the benchmarks of Redis, and who calls.</summary>
/// <remarks>
/// A token takes 9 ms, and there are more than a benchmark takes. A bucket that was charged a moment ago is then still not full, as those
/// of real limits do: one that is full again within the millisecond has no key that could be read or changed.
/// </remarks>
internal static class RedisPolicies
{
    /// <summary>What no benchmark exhausts, and what is never full again while one runs, so that its keys stay.</summary>
    private static readonly Rate Plenty = new(1_000, TimeSpan.FromMinutes(1), RateLimitAlgorithm.TokenBucket, 2_000_000_000, align: false);

    private static readonly RateList PlentyInFourPeriods =
        [.. Enumerable.Range(1, RateList.MaxCount).Select(i => new Rate(1_000 * i, TimeSpan.FromMinutes(i), RateLimitAlgorithm.TokenBucket, 2_000_000_000, align: false))];

    /// <summary>One limit.</summary>
    internal static ApplicableLimits One { get; } = Of("one", limits => limits.PerUser(Plenty));

    /// <summary>One that everybody shares, that no benchmark exhausts, and of the greatest rate that is divided.</summary>
    internal static ApplicableLimits Hot { get; } = Of("hot", limits => limits.Shared(new Rate(1_000_000, TimeSpan.FromSeconds(1), RateLimitAlgorithm.TokenBucket, 2_000_000_000, align: false)));

    /// <summary>One of so many tokens a second, that everybody shares.</summary>
    internal static ApplicableLimits Shared(int perSecond) => Of(
        $"shared-{perSecond}", limits => limits
            .Shared(new Rate(perSecond, TimeSpan.FromSeconds(1), RateLimitAlgorithm.TokenBucket, burst: null, align: false))
            .OnStoreFailure(StoreFailureMode.Deny));

    /// <summary>Four: two that everybody shares, two of each user.</summary>
    internal static ApplicableLimits Four { get; } = Of("four", limits => limits
        .Shared(Plenty).PerUser(Plenty)
        .Tool("search", tool => tool.Shared(Plenty).PerUser(Plenty)));

    /// <summary>Eight, in two lists of four rates: one that everybody shares, one of each user.</summary>
    internal static ApplicableLimits Eight { get; } = Of("eight", limits => limits.Shared(PlentyInFourPeriods).PerUser(PlentyInFourPeriods));

    /// <summary>Four, the last of which refuses all but the first call of each user.</summary>
    internal static ApplicableLimits FourRefused { get; } = Of("refused", limits => limits
        .Shared(Plenty).PerUser(Plenty)
        .Tool("search", tool => tool.Shared(Plenty).PerUser("1/1d")));

    /// <summary>A thousand users.</summary>
    internal static CallerIdentity[] Callers { get; } =
        [.. Enumerable.Range(0, 1_000).Select(i => new CallerIdentity("https://issuer.example", $"user-{i}", null, null))];

    /// <summary>Twenty users, whose rows are worth filling.</summary>
    internal static CallerIdentity[] FewCallers => Callers[..20];

    /// <summary>So many tools, each with a limit of each user's: as many buckets in a user's row.</summary>
    internal static ApplicableLimits[] Tools(int count)
    {
        RateLimitPolicy policy = RateLimitPolicy.Build($"row-{count}", limits =>
        {
            for (int i = 0; i < count; i++)
            {
                limits.Tool($"tool-{i}", tool => tool.PerUser(Plenty));
            }
        });
        return [.. Enumerable.Range(0, count).Select(i => policy.Select("tools/call", $"tool-{i}", Callers[0]))];
    }

    /// <summary>A store that asks Redis every time.</summary>
    internal static RedisStore StoreOver(BenchedRedis redis, bool coalesces, TimeSpan rememberRefusals = default, string keyPrefix = "sluice", bool withShares = false) =>
        RedisStore.Create(redis.Multiplexer, new RedisStoreOptions
        {
            KeyPrefix = keyPrefix,
            Shares = withShares ? new RedisSharesOptions() : null,
            Coalesce = coalesces,
            RememberRefusals = rememberRefusals,
            Timeout = TimeSpan.FromSeconds(5),
            LocalMaxKeys = 100_000,
        });

    private static ApplicableLimits Of(string server, Action<RateLimitsBuilder> configure) =>
        RateLimitPolicy.Build(server, configure).Select("tools/call", "search", new CallerIdentity("https://issuer.example", "user-0", null, null));
}
