namespace Sluice.ModelContextProtocol;

/// <summary>Limits in the words of other programs.</summary>
public static class RateLimits
{
    private const int DefaultMaxClients = 10_000;

    /// <summary>The limits of FastMCP's <c>RateLimitingMiddleware</c>: a token bucket over every request.</summary>
    /// <remarks>
    /// Without its faults: the default burst is at least 1, so that a rate below 0.5 does not deny everything; refusals name
    /// nobody; and a client who is forgotten to make room does not come back with a full bucket.
    /// </remarks>
    /// <param name="maxRequestsPerSecond">Above 0. It is taken as the decimal number that it prints as, exactly.</param>
    /// <param name="burstCapacity">What the bucket holds; null for twice the rate, rounded down, and at least 1.</param>
    /// <param name="globalLimit">Whether everybody shares one bucket, and not each user has one.</param>
    /// <param name="maxClients">The most users that are remembered.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value is outside its range.</exception>
    /// <exception cref="ArgumentException">The rate has more digits than can be kept exactly.</exception>
    public static RateLimitPreset FromFastMcp(
        double maxRequestsPerSecond = 10, int? burstCapacity = null, bool globalLimit = false, int maxClients = DefaultMaxClients)
    {
        (int tokens, TimeSpan period) = AsRatio(maxRequestsPerSecond);
        if (burstCapacity is int set)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(set, 1, nameof(burstCapacity));
        }

        int burst = burstCapacity ?? (int)Math.Clamp(2 * maxRequestsPerSecond, 1, int.MaxValue);
        return Preset(new Rate(tokens, period, RateLimitAlgorithm.TokenBucket, burst, align: false), globalLimit, maxClients);
    }

    /// <summary>The limits of FastMCP's <c>SlidingWindowRateLimitingMiddleware</c>: a sliding window over every request.</summary>
    /// <param name="maxRequests">From 1 to 2,147,483,647. Every call that is in the window takes memory.</param>
    /// <param name="windowMinutes">From 1 to 527,040, which is 366 days.</param>
    /// <param name="globalLimit">Whether everybody shares one window, and not each user has one.</param>
    /// <param name="maxClients">The most users that are remembered.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value is outside its range.</exception>
    public static RateLimitPreset FromFastMcpSlidingWindow(
        int maxRequests, int windowMinutes = 1, bool globalLimit = false, int maxClients = DefaultMaxClients)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxRequests, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(windowMinutes, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(windowMinutes, (int)Rate.MaxRefillPeriod.TotalMinutes);
        Rate rate = new(maxRequests, TimeSpan.FromMinutes(windowMinutes), RateLimitAlgorithm.SlidingWindow, burst: null, align: false);
        return Preset(rate, globalLimit, maxClients);
    }

    private static RateLimitPreset Preset(Rate rate, bool globalLimit, int maxClients)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxClients, InProcessStoreOptions.MinMaxKeys);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(maxClients, InProcessStoreOptions.MaxMaxKeys);
        RateLimitingSettings settings = new() { Meter = MeteringUnit.All };
        return new RateLimitPreset(
            settings with
            {
                Shared = globalLimit ? rate : null,
                PerUser = globalLimit ? null : rate,
                SlidingWindowCeiling = Math.Max(settings.SlidingWindowCeiling, rate.MaxTokens),
            },
            maxClients);
    }

    /// <summary>A number a second as whole tokens in whole seconds, in lowest terms.</summary>
    private static (int Tokens, TimeSpan Period) AsRatio(double perSecond)
    {
        if (!(perSecond > 0 && perSecond <= int.MaxValue))
        {
            throw new ArgumentOutOfRangeException(nameof(perSecond), perSecond, $"Not above 0 and at most {int.MaxValue} a second.");
        }

        // As many digits as the number prints; 0.1 is meant as a tenth, which binary floating point cannot say.
        decimal tokens = (decimal)perSecond;
        long seconds = 1;
        while (tokens != decimal.Truncate(tokens) && seconds <= Rate.MaxRefillPeriod.TotalSeconds)
        {
            tokens *= 10;
            seconds *= 10;
        }

        long whole = tokens > long.MaxValue ? long.MaxValue : (long)tokens;
        long divisor = GreatestCommonDivisor(whole, seconds);
        whole /= divisor;
        seconds /= divisor;
        return whole is >= 1 and <= int.MaxValue && seconds <= Rate.MaxRefillPeriod.TotalSeconds
            ? ((int)whole, TimeSpan.FromSeconds(seconds))
            : throw new ArgumentException(
                $"{perSecond} a second has more digits than can be kept exactly. Use fewer, or limits of your own.", nameof(perSecond));
    }

    private static long GreatestCommonDivisor(long one, long other) =>
        other == 0 ? Math.Max(1, one) : GreatestCommonDivisor(other, one % other);
}
