namespace Sluice.Gateway;

/// <summary>Finds for each limit of some traffic the smallest round number that rejects few enough calls.</summary>
/// <remarks>
/// Each limit is tried alone, so that what one limit rejects does not hide what another one would. The period, the algorithm and the
/// ratio of burst to rate stay.
/// </remarks>
internal sealed class Suggestions(ITraffic traffic, int maxKeys, double share, CancellationToken cancellationToken)
{
    private static readonly int[] Mantissas = [10, 12, 15, 20, 25, 30, 40, 50, 60, 80];

    /// <summary>The numbers from which one is suggested, in ascending order: 1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, …</summary>
    internal static int[] RoundNumbers { get; } =
    [
        .. Enumerable.Range(0, 10)
            .SelectMany(exponent => Mantissas.Select(mantissa => mantissa * (long)Math.Pow(10, exponent)))
            .Where(tenfold => tenfold % 10 == 0 && tenfold / 10 <= int.MaxValue)
            .Select(tenfold => (int)(tenfold / 10)),
    ];

    /// <summary>A suggestion for each limit with a rate that the report names, unless an override gives it other numbers too.</summary>
    internal IEnumerable<LimitSuggestion> For(SimulationReport report)
    {
        foreach (LimitReport reported in report.Limits)
        {
            RateLimit[] variants =
            [
                .. traffic.Operations
                    .Select(operation => operation.Policy)
                    .Distinct()
                    .OfType<RateLimitPolicy>()
                    .SelectMany(policy => policy.Limits)
                    .Where(limit => limit.Server == reported.Server && limit.Name == reported.Limit && limit is { Concurrency: null, AdmitsNothing: false }),
            ];
            foreach (RateLimit limit in variants.Where(limit => variants.Length == 1 || reported.Rate.Split(" or ").Contains(limit.Rate.ToString())))
            {
                cancellationToken.ThrowIfCancellationRequested();
                yield return For(limit);
            }
        }
    }

    private LimitSuggestion For(RateLimit limit)
    {
        double now = Measure(limit, limit.Rate);
        int least = 0;
        int most = RoundNumbers.Length - 1;
        Dictionary<int, double> measured = [];
        double At(int index) => measured.TryGetValue(index, out double known)
            ? known
            : measured[index] = Measure(limit, With(limit.Rate, RoundNumbers[index]));
        while (least < most)
        {
            int middle = (least + most) / 2;
            (least, most) = At(middle) <= share ? (least, middle) : (middle + 1, most);
        }

        bool isFound = At(least) <= share;
        return new LimitSuggestion(
            limit.Server,
            limit.Name,
            limit.Rate.ToString(),
            now,
            isFound ? With(limit.Rate, RoundNumbers[least]).ToString() : null,
            isFound ? At(least) : null,
            isFound && least > 0 ? With(limit.Rate, RoundNumbers[least - 1]).ToString() : null,
            isFound && least > 0 ? At(least - 1) : null);
    }

    private double Measure(RateLimit limit, Rate rate)
    {
        RateList list = RateList.Create(rate);
        RateLimit alone = RateLimit.Of(
            limit.Target, limit.Key, BucketKeys.Of([list]), 0, list, new LimitTerms(LimitMode.Enforce, limit.OnStoreFailure, limit.Rejection))[0];
        using Simulation simulation = new(traffic, TimeSpan.Zero, maxKeys);
        SimulationReport report = simulation.Run(limits => limits.Limits.Contains(limit) ? new ApplicableLimits([alone], limits.Cost) : ApplicableLimits.None, progress: null, cancellationToken);
        long calls = report.Limits.Select(reported => reported.Calls).FirstOrDefault();
        return calls == 0 ? 0 : (double)report.Refused / calls;
    }

    private static Rate With(Rate rate, int maxTokens) => rate.Window is CalendarUnit window
        ? Rate.Calendar(maxTokens, window, rate.TimeZone!, rate.WeekStart)
        : new Rate(
            maxTokens,
            rate.RefillPeriod,
            rate.Algorithm,
            rate.Burst is int burst ? (int)Math.Clamp(Math.Ceiling((double)burst * maxTokens / rate.MaxTokens), 1, int.MaxValue) : null,
            rate.Align);
}
