using System.Collections.Immutable;

namespace Sluice.StoreContracts;

/// <summary>The scripts of the decision vectors for windows of a calendar. A case begins on 4 March 2026 at 05:06:07.089, UTC.</summary>
internal static class CalendarVectors
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    /// <summary>Every script with its name.</summary>
    internal static IEnumerable<(string Name, History History)> All =>
    [
        Edges("month in Tokyo", Rate.Calendar(3, CalendarUnit.Month, "Asia/Tokyo")),
        Edges("hour in Kathmandu", Rate.Calendar(3, CalendarUnit.Hour, "Asia/Kathmandu")),
        Edges("quarter", Rate.Calendar(3, CalendarUnit.Quarter)),
        Edges("year in Samoa", Rate.Calendar(3, CalendarUnit.Year, "Pacific/Apia")),
        Edges("week from Sunday", Rate.Calendar(3, CalendarUnit.Week, "UTC", DayOfWeek.Sunday)),
        Edges("week from Monday", Rate.Calendar(3, CalendarUnit.Week, "UTC")),
        ("calendar: a day of 23 hours", Started(Rate.Calendar(2, CalendarUnit.Day, "America/New_York"), 4 * 24 * Hour, At(2), At(1), AtRetry(-1), AtRetry(0, 2), At(1), AtRetry(0, 2))),
        ("calendar: a day of 25 hours", Started(Rate.Calendar(2, CalendarUnit.Day, "America/New_York"), 242 * 24 * Hour, At(2), At(1), AtRetry(-1), AtRetry(0, 2), At(1), AtRetry(0, 2))),
        ("calendar: 29 February", Started(Rate.Calendar(2, CalendarUnit.Day), 726 * 24 * Hour, At(2), AtRetry(0, 2), AtRetry(0, 2), At(1))),
        ("calendar: charge, refund and reset", new History(0, [Policy(Rate.Calendar(5, CalendarUnit.Day))],
            [At(2), Do(HistoryVerb.Charge, 9), At(1), Do(HistoryVerb.Refund, 8), At(1), Do(HistoryVerb.Peek, 2), AtReset(0, 5), Do(HistoryVerb.Reset, 1), At(5), At(1)])),
        ("calendar: another zone, another window, a token bucket and back", new History(
            0,
            [
                Policy(Rate.Calendar(5, CalendarUnit.Month, "Asia/Calcutta")), Policy(Rate.Calendar(5, CalendarUnit.Month, "Asia/Kolkata")),
                Policy(Rate.Calendar(4, CalendarUnit.Day, "America/New_York")), Policy(new Rate(3, Hour)),
            ],
            [At(2), At(1, 1), At(1, 2), At(1, 2), AtRetry(0, 4, 2), At(1, 3), At(5)])),
        ("calendar: a list with a window and a rate", new History(
            0,
            [new([User(Rate.Calendar(3, CalendarUnit.Day)), User(new Rate(2, Hour))], LimitMode.Enforce, LimitMode.Enforce)],
            [At(2), At(1), AtRetry(0), At(1), AtRetry(-1), AtRetry(0)])),
    ];

    private static (string Name, History History) Edges(string name, Rate rate) =>
        ($"calendar: {name}", new History(0, [Policy(rate)], [At(3), At(1), AtRetry(-1), AtRetry(0), AtReset(-1, 3), AtReset(0, 3), At(4)]));

    private static History Started(Rate rate, TimeSpan start, params ImmutableArray<HistoryStep> steps) => new(start.Ticks, [Policy(rate)], steps);

    private static HistoryPolicy Policy(Rate rate) => new([User(rate)], LimitMode.Enforce, LimitMode.Enforce);

    private static HistoryLimit User(Rate rate) => new(OperationKind.Server, RateLimitScope.PerUser, rate);

    private static HistoryStep At(int cost, int policy = 0) => new(HistoryWait.FromNow, 0, HistoryVerb.Acquire, 1, policy, cost);

    private static HistoryStep AtRetry(long asideUs, int cost = 1, int policy = 0) =>
        new(HistoryWait.FromRetry, asideUs * TimeSpan.TicksPerMicrosecond, HistoryVerb.Acquire, 1, policy, cost);

    private static HistoryStep AtReset(long asideUs, int cost) => AtRetry(asideUs, cost) with { Wait = HistoryWait.FromReset };

    private static HistoryStep Do(HistoryVerb verb, int cost) => At(cost) with { Verb = verb };
}
