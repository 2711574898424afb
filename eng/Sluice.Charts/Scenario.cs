using System.Globalization;

namespace Sluice.Charts;

/// <summary>Limits, and the instants of the calls to them.</summary>
/// <param name="Name">The file's name.</param>
/// <param name="Title">What the chart is called.</param>
/// <param name="Rates">The rates of a user, all of which a call must meet.</param>
/// <param name="Length">How long the chart is, in units.</param>
/// <param name="Calls">When calls come, in units.</param>
internal sealed record Scenario(string Name, string Title, Rate[] Rates, int Length, double[] Calls)
{
    private static readonly CallerIdentity Caller = new("charts", "caller", tenant: null, client: null);
    private static readonly CallerIdentity ProCaller = Caller.WithClaim("tier", "pro");

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

    /// <summary>From when on the caller is one for whom an override sets <see cref="ProRate"/>, in units; or never.</summary>
    internal double ProFrom { get; init; } = double.PositiveInfinity;

    /// <summary>The rate of the override; null without one.</summary>
    internal Rate? ProRate { get; init; }

    /// <summary>The most tokens that a bucket holds.</summary>
    internal int Capacity => Rates.Append(ProRate ?? Rates[0]).Max(rate => rate.Capacity);

    /// <summary>The limits, as a description has them.</summary>
    internal string Text => string.Join(" and ", Rates.Select(rate => rate.ToString()))
        + (ProRate is null ? "" : $", from {ProFrom.ToString(CultureInfo.InvariantCulture)} {UnitName} on {ProRate}");

    /// <summary>The rates at an instant.</summary>
    internal Rate[] RatesAt(double at) => ProRate is null || at < ProFrom ? Rates : [ProRate];

    /// <summary>Who calls at an instant.</summary>
    internal CallerIdentity CallerAt(double at) => at < ProFrom ? Caller : ProCaller;

    /// <summary>The policy of the limits.</summary>
    internal RateLimitPolicy Policy() => RateLimitPolicy.Build("charts", policy =>
    {
        policy.PerUser(RateList.Create(Rates));
        if (ProRate is not null)
        {
            policy.Override(caller => caller.Claim("tier", "pro"), numbers => numbers.PerUser(ProRate));
        }
    });

    internal static Scenario[] All { get; } =
    [
        new("token-bucket", "tokenBucket, 5/10s: what was saved goes at once, the rest as it comes", Of(RateLimitAlgorithm.TokenBucket), 30,
            [.. Every(0.4, from: 1, count: 10), .. Every(1, from: 8, count: 12), .. Every(0.3, from: 27, count: 6)]),
        new("burst", "tokenBucket, 5/10s burst 2: the same rate, but never more than two at once",
            [new Rate(5, Period, RateLimitAlgorithm.TokenBucket, burst: 2, align: false)], 30,
            [.. Every(0.4, from: 1, count: 10), .. Every(1, from: 8, count: 12), .. Every(0.3, from: 27, count: 6)]),
        new("fixed-window", "fixedWindow, 5/10s: nine calls pass within 3.2 seconds around an edge",
            Of(RateLimitAlgorithm.FixedWindow), 30, AroundTheEdge),
        new("sliding-window", "slidingWindow, 5/10s: never more than five in any ten seconds",
            Of(RateLimitAlgorithm.SlidingWindow), 30, AroundTheEdge),
        new("sliding-window-counter", "slidingWindowCounter, 5/10s: nearly that, from two counters",
            Of(RateLimitAlgorithm.SlidingWindowCounter), 30, AroundTheEdge),
        new("polling", "tokenBucket, 1/5s, polled four times a second: a refusal postpones nothing",
            [new Rate(1, TimeSpan.FromSeconds(5))], 30, Every(0.25, from: 0.25, count: 118)),
        new("calendar", "window: day, New York, from Saturday 0:00: Sunday has 25 hours", [Rate.Calendar(5, CalendarUnit.Day, "America/New_York")], 78,
            Every(4, from: 1, count: 20))
        {
            Unit = TimeSpan.FromHours(1),
            UnitSymbol = "h",
            UnitName = "hours",
            Grid = 6,
            Start = new DateTimeOffset(2026, 10, 31, 0, 0, 0, TimeSpan.FromHours(-4)),
        },
        new("list", "perUser: [4/10s, 8/1m]: the first bounds a burst, the second the minute", [new(4, Period), new(8, TimeSpan.FromMinutes(1))], 60,
            Every(2, from: 1, count: 30))
        {
            Grid = 10,
        },
        new("override", "perUser: 3/30s, and 8/30s for the tier pro: what was used stays used", [new(3, TimeSpan.FromSeconds(30))], 60,
            Every(3, from: 2, count: 20))
        {
            Grid = 10,
            ProFrom = 30,
            ProRate = new(8, TimeSpan.FromSeconds(30)),
        },
    ];

    private static Rate[] Of(RateLimitAlgorithm algorithm) => [new(5, Period, algorithm, burst: null, align: false)];

    private static double[] Every(double seconds, double from, int count) =>
        [.. Enumerable.Range(0, count).Select(i => Math.Round(from + (i * seconds), 3))];
}
