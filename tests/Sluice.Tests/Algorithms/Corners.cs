namespace Sluice.Tests;

/// <summary>The ends of every range, and a step inside them.</summary>
internal static class Corners
{
    internal static readonly int[] Tokens = [1, 2, 3, 7, 1_000, int.MaxValue - 1, int.MaxValue];

    internal static readonly TimeSpan[] Periods =
    [
        Rate.MinRefillPeriod,
        Rate.MinRefillPeriod + TimeSpan.FromTicks(1),
        TimeSpan.FromSeconds(1),
        TimeSpan.FromTicks(36_000_000_007), // A prime number of ticks: nothing reduces.
        Rate.MaxRefillPeriod - TimeSpan.FromTicks(1),
        Rate.MaxRefillPeriod,
    ];

    internal static readonly ulong[] Instants =
    [
        LimitNumbers.OriginTicks,
        LimitNumbers.OriginTicks + 1,
        LimitNumbers.OriginTicks + (1UL << 40),
        LimitNumbers.OriginTicks + (1UL << 62),
        LimitNumbers.OriginTicks + long.MaxValue - 1,
        LimitNumbers.OriginTicks + long.MaxValue,
    ];

    /// <summary>Every limit of an algorithm that the corners make.</summary>
    internal static IEnumerable<LimitNumbers> Limits(RateLimitAlgorithm algorithm) =>
        from maxTokens in Tokens
        from period in Periods
        from burst in algorithm == RateLimitAlgorithm.TokenBucket ? Tokens.Select(tokens => (int?)tokens) : [null]
        from align in algorithm == RateLimitAlgorithm.FixedWindow ? Aligned : [false]
        from epochTicks in align ? Epochs : [0]
        select new LimitNumbers(new Rate(maxTokens, period, algorithm, burst, align), epochTicks);

    /// <summary>Costs at the ends of what a limit can admit.</summary>
    internal static IEnumerable<ulong> Costs(LimitNumbers limit) =>
        new ulong[] { 1, 2, limit.Capacity / 2, limit.Capacity - 1, limit.Capacity }
            .Where(cost => cost >= 1 && cost <= limit.Capacity)
            .Distinct();

    private static readonly bool[] Aligned = [false, true];
    private static readonly long[] Epochs = [-1, 0, 17_000_000_000_000_001];
}
