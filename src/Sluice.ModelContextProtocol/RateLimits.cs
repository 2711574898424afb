using System.Globalization;

namespace Sluice.ModelContextProtocol;

/// <summary>Limits in the words of other programs.</summary>
public static class RateLimits
{
    private const int DefaultMaxClients = 10_000;
    private const string NoCalls = "To admit no call at all, remove the tools; to admit every call, set no limits.";

    /// <summary>The limits of FastMCP's <c>RateLimitingMiddleware</c>: a token bucket over every request.</summary>
    /// <remarks>
    /// Without its faults: the default burst is at least 1, so that a rate below 0.5 does not reject everything; rejections contain
    /// no identity; and a client that is evicted does not come back with a full bucket.
    /// </remarks>
    /// <param name="maxRequestsPerSecond">
    /// From 1 in 366 days to 2,147,483,647. It is taken as the decimal number that it prints as, or, where that has too many digits, as
    /// the simplest fraction within one part in 10⁹: <c>100 / 60.0</c> is 5 in 3 s. <see cref="RateLimitPreset.Approximation"/> then says
    /// so.
    /// </param>
    /// <param name="burstCapacity">What the bucket holds, at least 1; null for twice the rate, rounded down, and at least 1.</param>
    /// <param name="globalLimit">Whether all callers share one bucket, and not each user has one.</param>
    /// <param name="maxClients">The most users that are remembered.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value is outside its range.</exception>
    public static RateLimitPreset FromFastMcp(
        double maxRequestsPerSecond = 10, int? burstCapacity = null, bool globalLimit = false, int maxClients = DefaultMaxClients)
    {
        if (!(maxRequestsPerSecond > 0))
        {
            throw new ArgumentOutOfRangeException(
                nameof(maxRequestsPerSecond), maxRequestsPerSecond, "A rate is above 0 calls a second. "
                    + $"{NoCalls} For few calls, write 5 / 3600.0.");
        }

        if (maxRequestsPerSecond < PerSecondRate.Min || maxRequestsPerSecond > int.MaxValue)
        {
            throw new ArgumentOutOfRangeException(
                nameof(maxRequestsPerSecond),
                maxRequestsPerSecond,
                $"A rate is from 1 call in 366 days (1 / {Rate.MaxRefillPeriod.TotalSeconds:0.0}) to {int.MaxValue} calls a second. "
                    + NoCalls);
        }

        if (burstCapacity < 1)
        {
            throw new ArgumentOutOfRangeException(
                nameof(burstCapacity),
                burstCapacity,
                "A bucket that holds nothing rejects every call. Leave burstCapacity out for twice the rate, which is what FastMCP takes 0 "
                + "for, or write 1 for no bursts.");
        }

        PerSecondRate parsed = PerSecondRate.Of(maxRequestsPerSecond);
        int burst = burstCapacity ?? (int)Math.Clamp(2 * maxRequestsPerSecond, 1, int.MaxValue);
        Rate rate = new(parsed.Tokens, parsed.Period, RateLimitAlgorithm.TokenBucket, burst, align: false);
        return Preset(rate, globalLimit, maxClients) with
        {
            Approximation = parsed.IsExact
                ? null
                : string.Create(
                    CultureInfo.InvariantCulture,
                    $"{maxRequestsPerSecond} calls a second are taken as {new Rate(parsed.Tokens, parsed.Period)}."),
        };
    }

    /// <summary>The limits of FastMCP's <c>SlidingWindowRateLimitingMiddleware</c>: a sliding window over every request.</summary>
    /// <param name="maxRequests">From 1 to 2,147,483,647. Every call that is in the window takes memory.</param>
    /// <param name="windowMinutes">From 1 to 527,040, which is 366 days.</param>
    /// <param name="globalLimit">Whether all callers share one window, and not each user has one.</param>
    /// <param name="maxClients">The most users that are remembered.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value is outside its range.</exception>
    public static RateLimitPreset FromFastMcpSlidingWindow(
        int maxRequests, int windowMinutes = 1, bool globalLimit = false, int maxClients = DefaultMaxClients)
    {
        if (maxRequests < 1)
        {
            throw new ArgumentOutOfRangeException(nameof(maxRequests), maxRequests, $"A window admits at least 1 call. {NoCalls}");
        }

        ArgumentOutOfRangeException.ThrowIfLessThan(windowMinutes, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(windowMinutes, (int)Rate.MaxRefillPeriod.TotalMinutes);
        Rate rate = new(maxRequests, TimeSpan.FromMinutes(windowMinutes), RateLimitAlgorithm.SlidingWindow, burst: null, align: false);
        return Preset(rate, globalLimit, maxClients);
    }

    private static RateLimitPreset Preset(Rate rate, bool globalLimit, int maxClients)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxClients, InProcessStoreOptions.MaxKeysLowerBound);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(maxClients, InProcessStoreOptions.MaxKeysUpperBound);
        RateLimitingSettings settings = new() { Meter = MeteredRequests.All };
        return new RateLimitPreset(
            settings with
            {
                Shared = globalLimit ? rate : null,
                PerUser = globalLimit ? null : rate,
                SlidingWindowCeiling = Math.Max(settings.SlidingWindowCeiling, rate.MaxTokens),
            },
            maxClients);
    }
}
