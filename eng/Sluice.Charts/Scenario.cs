namespace Sluice.Charts;

/// <summary>A limit, and when somebody calls.</summary>
/// <param name="Name">The file's name.</param>
/// <param name="Title">What the chart is called.</param>
/// <param name="Rate">The limit.</param>
/// <param name="Length">How long the chart is, in units.</param>
/// <param name="Calls">When calls come, in units.</param>
internal sealed record Scenario(string Name, string Title, Rate Rate, int Length, double[] Calls)
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(10);

    /// <summary>One call that opens a window, four just before its edge, and more just after it.</summary>
    private static readonly double[] AroundTheEdge =
        [0.2, .. Every(0.3, from: 8.4, count: 4), .. Every(0.3, from: 10.4, count: 8), .. Every(1, from: 15, count: 12)];

    /// <summary>The unit of time of the chart.</summary>
    internal TimeSpan Unit { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>What a label of the axis has behind its number.</summary>
    internal string UnitSymbol { get; init; } = "s";

    /// <summary>The unit in the description.</summary>
    internal string UnitName { get; init; } = "seconds";

    /// <summary>Units between two lines of the grid.</summary>
    internal int Grid { get; init; } = 5;

    /// <summary>What the wall clock shows at the left edge.</summary>
    internal DateTimeOffset Start { get; init; } = DateTimeOffset.UnixEpoch;

    internal static Scenario[] All { get; } =
    [
        new("token-bucket", "tokenBucket, 5/10s: what was saved goes at once, the rest as it comes", Of(RateLimitAlgorithm.TokenBucket), 30,
            [.. Every(0.4, from: 1, count: 10), .. Every(1, from: 8, count: 12), .. Every(0.3, from: 27, count: 6)]),
        new("burst", "tokenBucket, 5/10s burst 2: the same rate, but never more than two at once",
            new Rate(5, Period, RateLimitAlgorithm.TokenBucket, burst: 2, align: false), 30,
            [.. Every(0.4, from: 1, count: 10), .. Every(1, from: 8, count: 12), .. Every(0.3, from: 27, count: 6)]),
        new("fixed-window", "fixedWindow, 5/10s: nine calls pass within 3.2 seconds around an edge",
            Of(RateLimitAlgorithm.FixedWindow), 30, AroundTheEdge),
        new("sliding-window", "slidingWindow, 5/10s: never more than five in any ten seconds",
            Of(RateLimitAlgorithm.SlidingWindow), 30, AroundTheEdge),
        new("sliding-window-counter", "slidingWindowCounter, 5/10s: nearly that, from two counters",
            Of(RateLimitAlgorithm.SlidingWindowCounter), 30, AroundTheEdge),
        new("polling", "tokenBucket, 1/5s, polled four times a second: a refusal postpones nothing",
            new Rate(1, TimeSpan.FromSeconds(5)), 30, Every(0.25, from: 0.25, count: 118)),
        new("calendar", "window: day, New York, from Saturday 0:00: Sunday has 25 hours", Rate.Calendar(5, CalendarUnit.Day, "America/New_York"), 78,
            Every(4, from: 1, count: 20))
        {
            Unit = TimeSpan.FromHours(1),
            UnitSymbol = "h",
            UnitName = "hours",
            Grid = 6,
            Start = new DateTimeOffset(2026, 10, 31, 0, 0, 0, TimeSpan.FromHours(-4)),
        },
    ];

    private static Rate Of(RateLimitAlgorithm algorithm) => new(5, Period, algorithm, burst: null, align: false);

    private static double[] Every(double seconds, double from, int count) =>
        [.. Enumerable.Range(0, count).Select(i => Math.Round(from + (i * seconds), 3))];
}
