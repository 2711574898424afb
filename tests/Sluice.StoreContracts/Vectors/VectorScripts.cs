using System.Collections.Immutable;

namespace Sluice.StoreContracts;

/// <summary>The scripts among the decision vectors: an edge each.</summary>
internal static class VectorScripts
{
    private const HistoryVerb Refund = HistoryVerb.Refund;
    private const HistoryVerb Charge = HistoryVerb.Charge;
    private const HistoryVerb Peek = HistoryVerb.Peek;
    private const HistoryVerb Reset = HistoryVerb.Reset;

    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    /// <summary>Every script with its name.</summary>
    internal static IEnumerable<(string Name, History History)> All =>
    [
        .. TokenBuckets(), .. SlidingWindows(), .. Counters(), .. FixedWindows(), .. SeveralLimits(), .. Verbs(), .. LiveChanges(), .. Lists(),
        .. CalendarVectors.All,
    ];

    private static IEnumerable<(string Name, History History)> TokenBuckets()
    {
        yield return ("token bucket: burst spent, then a token at a time",
            One(Token(2, Second), At(0), At(0), At(0), AtRetry(-1), AtRetry(0), At(9_000_000, 2)));
        yield return ("token bucket: a third of a second to a token",
            One(Token(3, Second), At(0, 3), At(0), At(333_333), At(1), At(333_332), At(1), AtReset(0, 3)));
        yield return ("token bucket: one per thirty days",
            One(Token(1, TimeSpan.FromDays(30)), At(5), At(1), AtRetry(-1), AtRetry(0), At(0)));
        yield return ("token bucket: a thousand tokens a microsecond",
            One(Token(1_000_000_000, Second), At(0, 1_000_000_000), At(0), At(1, 1_001), At(0, 1_000), At(2, 2_000), At(0)));
        yield return ("token bucket: four million a day, burst of three",
            One(Token(4_000_000, TimeSpan.FromDays(1), 3), At(0, 3), At(0), At(21_599), At(1), At(21_600), At(7, 2), AtRetry(0, 2)));
        yield return ("token bucket: burst below the rate",
            One(Token(100, TimeSpan.FromMinutes(1), 20), At(0, 20), At(600_000), At(0), At(6_000_000, 11), At(0, 10), At(0, 21)));
        yield return ("token bucket: burst above the rate",
            One(Token(1, Second, 5), At(0, 5), At(2_500_000, 3), At(0, 2), AtReset(-1, 5), AtRetry(0, 5)));
    }

    private static IEnumerable<(string Name, History History)> SlidingWindows()
    {
        Rate rate = Of(RateLimitAlgorithm.SlidingWindow, 5, Second);
        yield return ("sliding window: calls leave one by one",
            One(rate, At(0, 2), At(300_000, 2), At(100_000), At(0), AtRetry(-1), AtRetry(0), At(0), AtRetry(0, 2), AtReset(-1, 5), AtReset(0, 5)));
        yield return ("sliding window: waits until enough have left",
            One(rate, At(0), At(100_000, 2), At(100_000, 2), At(0, 1), At(0, 2), At(0, 3), At(0, 4), At(0, 5), At(0, 6), AtRetry(0, 5)));
        yield return ("sliding window: several calls at one instant",
            One(rate, At(7), At(0), At(0), At(1), At(0), At(0), AtRetry(0), At(0), At(0), At(0), At(0)));
    }

    private static IEnumerable<(string Name, History History)> Counters()
    {
        Rate rate = Of(RateLimitAlgorithm.SlidingWindowCounter, 10, Second);
        yield return ("counter: the share of the window before",
            One(rate, At(0, 10), At(0), At(999_999), At(1), AtRetry(-1), AtRetry(0), At(350_000, 3), At(0), At(0, 10), AtRetry(0, 10)));
        yield return ("counter: empty two windows after its start",
            One(rate, At(700_000), At(999_999, 9), AtReset(-1, 10), AtReset(0, 10), At(0)));
        yield return ("counter: empty when nothing was used in this window",
            One(rate, At(0, 4), At(1_500_000, 9), AtReset(-1, 10), AtReset(0, 3), At(999_999, 7), At(1, 1), AtRetry(0)));
        yield return ("counter: a share that no microsecond divides",
            One(Of(RateLimitAlgorithm.SlidingWindowCounter, 7, Second), At(0, 7), At(0), AtRetry(-1), AtRetry(0), At(0), AtRetry(0, 3)));
    }

    private static IEnumerable<(string Name, History History)> FixedWindows()
    {
        yield return ("fixed window: from the first call",
            One(Of(RateLimitAlgorithm.FixedWindow, 2, Second), At(300_000), At(999_999), At(0), AtRetry(0, 2), At(0), At(4_000_001)));
        yield return ("fixed window: aligned to the minute",
            One(Of(RateLimitAlgorithm.FixedWindow, 2, TimeSpan.FromMinutes(1), align: true), At(0), At(52_910_999), At(0), At(1, 2), At(0), AtRetry(0)));
        yield return ("fixed window: aligned to seven days",
            One(Of(RateLimitAlgorithm.FixedWindow, 3, TimeSpan.FromDays(7), align: true), At(0, 3), At(1), AtRetry(-1), AtRetry(0, 3), At(0)));
    }

    private static IEnumerable<(string Name, History History)> SeveralLimits()
    {
        HistoryLimit shared = new(OperationKind.Server, RateLimitScope.Shared, Token(6, Second));
        HistoryLimit tenant = new(OperationKind.Server, RateLimitScope.PerTenant, Of(RateLimitAlgorithm.SlidingWindow, 5, Second));
        HistoryLimit user = new(OperationKind.Tool, RateLimitScope.PerUser, Of(RateLimitAlgorithm.SlidingWindowCounter, 4, Second));
        HistoryLimit client = new(OperationKind.Method, RateLimitScope.PerClient, Of(RateLimitAlgorithm.FixedWindow, 3, Second));
        HistoryPolicy all = Policy(shared, tenant, user, client);
        yield return ("several limits: all algorithms, all or none", Several(all, At(0, 3), At(0, 2), At(0), AtRetry(-1), AtRetry(0), At(0, 4), At(0, 7)));
        yield return ("several limits: the tool's and the method's are permissive", Several(
            all with { MethodMode = LimitMode.Permissive, ToolMode = LimitMode.Permissive }, At(0, 3), At(0, 2), At(0), AtRetry(0), At(0, 5)));
        yield return ("several limits: equal waits name the first", Several(
            Policy(shared with { Rate = Token(1, 2 * Second) }, tenant with { Rate = Token(1, 2 * Second) }), At(0), At(0), AtRetry(0)));
        yield return ("several limits: callers share what their scopes share", Several(
            Policy(shared, tenant, user), At(0, 2), By(1, 2), By(2), By(3), By(1), By(0)));
        yield return ("several limits: no identity, and a user called anonymous", Several(
            Policy(user with { Rate = Token(1, Second) }), By(0), By(0), By(3), By(3)));
    }

    private static IEnumerable<(string Name, History History)> Verbs()
    {
        foreach (RateLimitAlgorithm algorithm in PeriodAlgorithms.All)
        {
            Rate rate = Of(algorithm, 6, Second);
            yield return ($"{algorithm}: refund",
                One(rate, At(0, 4), Do(Refund, 3), At(100_000, 5), Do(Refund, 1), At(0), Do(Refund, 999), At(0, 6), At(0)));
            yield return ($"{algorithm}: charge beyond zero",
                One(rate, At(0, 4), Do(Charge, 9), Do(Peek, 1), At(0, 3), AtRetry(-1, 3), AtRetry(0, 3), Do(Charge, 1), At(0), AtReset(0, 6)));
            yield return ($"{algorithm}: peek and reset",
                One(rate, Do(Peek, 6), At(0, 6), Do(Peek, 1), Do(Peek, 7), Do(Reset, 1), Do(Peek, 6), At(0, 6)));
        }
    }

    private static IEnumerable<(string Name, History History)> LiveChanges()
    {
        foreach (RateLimitAlgorithm algorithm in PeriodAlgorithms.All)
        {
            ImmutableArray<HistoryPolicy> policies =
            [
                Policy(User(Of(algorithm, 10, Second))), Policy(User(Of(algorithm, 4, Second))),
                Policy(User(Of(algorithm, 20, 3 * Second))), Policy(User(Token(5, Second, 7))),
            ];
            yield return ($"{algorithm}: smaller", new History(0, policies, [At(0, 9), At(300_000, 1, 1), AtRetry(0, 1, 1), At(0, 4, 1), At(0, 1)]));
            yield return ($"{algorithm}: larger", new History(0, policies, [At(0, 9), At(300_000, 9, 2), At(0, 9, 2), AtRetry(0, 9, 2), At(0, 1)]));
            yield return ($"{algorithm}: to a token bucket and back", new History(
                0, policies, [At(0, 9), At(10, 5, 3), At(10, 2), At(0, 1, 3) with { Verb = Refund }, At(10, 2), AtRetry(0, 2)]));
        }
    }

    private static IEnumerable<(string Name, History History)> Lists()
    {
        HistoryLimit perSecond = User(Token(2, Second));
        HistoryLimit perMinute = User(Token(3, 60 * Second));
        yield return ("list: both rates must admit",
            Several(Policy(perSecond, perMinute), At(0), At(0), At(0), AtRetry(-1), AtRetry(0), At(500_000), AtRetry(-1), AtRetry(0)));
        foreach (RateLimitAlgorithm algorithm in PeriodAlgorithms.All)
        {
            HistoryLimit alone = User(Of(algorithm, 10, 60 * Second));
            yield return ($"{algorithm}: gets company, another place, and is alone again", new History(
                0,
                [Policy(alone), Policy(alone, perSecond), Policy(User(Token(3, 120 * Second)), alone)],
                [At(0, 6), At(100_000, 2, 1), At(0, 1, 1), At(0, 2, 2), At(0, 1, 2), AtRetry(0, 1, 2), At(0, 1)]));
        }
    }

    private static Rate Token(int maxTokens, TimeSpan period, int? burst = null) =>
        new(maxTokens, period, RateLimitAlgorithm.TokenBucket, burst, align: false);

    private static Rate Of(RateLimitAlgorithm algorithm, int maxTokens, TimeSpan period, bool align = false) =>
        new(maxTokens, period, algorithm, burst: null, align);

    private static HistoryLimit User(Rate rate) => new(OperationKind.Server, RateLimitScope.PerUser, rate);

    private static HistoryPolicy Policy(params ImmutableArray<HistoryLimit> limits) => new(limits, LimitMode.Enforce, LimitMode.Enforce);

    private static History One(Rate rate, params ImmutableArray<HistoryStep> steps) => Several(Policy(User(rate)), steps);

    private static History Several(HistoryPolicy policy, params ImmutableArray<HistoryStep> steps) => new(0, [policy], steps);

    private static HistoryStep At(long afterUs, int cost = 1, int policy = 0) =>
        new(HistoryWait.FromNow, afterUs * TimeSpan.TicksPerMicrosecond, HistoryVerb.Acquire, 1, policy, cost);

    private static HistoryStep AtRetry(long asideUs, int cost = 1, int policy = 0) =>
        At(asideUs, cost, policy) with { Wait = HistoryWait.FromRetry };

    private static HistoryStep AtReset(long asideUs, int cost = 1, int policy = 0) =>
        At(asideUs, cost, policy) with { Wait = HistoryWait.FromReset };

    private static HistoryStep By(int caller, int cost = 1) => At(0, cost) with { Caller = caller };

    private static HistoryStep Do(HistoryVerb verb, int cost) => At(0, cost) with { Verb = verb };
}
