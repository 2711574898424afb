using System.Collections.Immutable;

namespace Sluice.StoreContracts;

/// <summary>The scripts among the caller vectors: one promise each.</summary>
internal static class CallerVectorScripts
{
    private const long Second = 1_000_000;
    private const RateLimitAlgorithm Token = RateLimitAlgorithm.TokenBucket;

    /// <summary>Every script with its name.</summary>
    internal static IEnumerable<(string Name, VectorPolicy Policy, CallerVectorStep[] Steps)> All =>
    [
        ("list: a minute and a day", new(PerUser: [Per(2, 60), Per(3, 86_400)]), [At(0), At(0), At(0), At(60), At(60), At(120)]),
        ("override: the first entry that matches decides, and keeps what was used", Tiered, [At(0), At(0, "pro"), At(0, "pro"), At(0, "pro"), At(0), At(0, "pro", "team"), At(1, "team")]),
        ("override: unlimited, and nothing", Tiered, [At(0), At(0), At(0, "staff"), At(0, "suspended"), At(9_999, "suspended"), At(10_000)]),
        ("claim: a set has one bucket, whatever the order", ByTeam, [Team(0, "a", "b"), Team(0, "b", "a", "b"), Team(0, "a"), Team(0, "a"), Team(0, "b"), At(0)]),
        ("slots: acquired with the tokens, released once",
            new(PerUser: [Per(5, 60)], SlotsPerUser: 2),
            [At(0), At(0), At(0), Release(1, 0), Release(1, 0), At(1), At(1), Release(2, 1), Release(2, 5), At(2), At(2), At(2)]),
        ("slots: a call without tokens acquires none", new(PerUser: [Per(1, 60)], SlotsShared: 2), [At(0), At(0), At(0) with { User = "bob" }, At(0) with { User = "carol" }]),
        ("waiting: in order, to the instant", new(PerUser: [Per(1, 1)]), [Wait(0, 0), Wait(0, 5), Wait(0, 5), Wait(0, 1), Wait(1, 5), Wait(6, 0)]),
        ("waiting: a cancelled call gives its tokens back", new(Shared: [Per(2, 2)], PerUser: [Per(1, 1)]),
            [Wait(0, 0), Wait(0, 9), Wait(0, 9), Cancel(0, 2), Wait(0, 9), Cancel(0, 1), Wait(0, 9), Wait(0, 9)]),
        ("calendar: an override changes the numbers of a month",
            new(PerUser: [Month(2)], Overrides: [new(Claim("tier", "pro"), [Month(4)])]),
            [At(0), At(0), At(0), At(0, "pro"), At(0, "pro"), At(0, "pro"), At(28 * 86_400), At(28 * 86_400, "pro")]),
        ("calendar: a list with a day of the team and slots",
            new(SlotsPerUser: 1, Limits: [new("by-team", "team", [Day(2), Per(1, 60)])]),
            [Team(0, "a"), Team(0, "a"), Release(1, 0), Team(1, "a"), Team(60, "a"), Release(61, 4), Team(120, "a"), Team(86_400, "a")]),
    ];

    private static VectorPolicy Tiered => new(
        PerUser: [Per(2, 60)],
        Overrides:
        [
            new(Claim("tier", "pro"), [Per(4, 60)]), new(Claim("tier", "team"), [Per(9, 60)]),
            new(Claim("tier", "staff"), Unlimited: true), new(Claim("tier", "suspended"), []),
        ]);

    private static VectorPolicy ByTeam => new(Limits: [new("by-team", "team", [Per(1, 60)])]);

    private static VectorRate Per(int maxTokens, long seconds) => new(Token, maxTokens, seconds * Second);

    private static VectorRate Month(int maxTokens) => new(RateLimitAlgorithm.CalendarWindow, maxTokens, 0, Window: CalendarUnit.Month, TimeZone: "Asia/Tokyo");

    private static VectorRate Day(int maxTokens) => new(RateLimitAlgorithm.CalendarWindow, maxTokens, 0, Window: CalendarUnit.Day, TimeZone: "Asia/Kathmandu");

    private static VectorClaim Claim(string name, params ImmutableArray<string> values) => new(name, values);

    private static CallerVectorStep At(long second, params ImmutableArray<string> tiers) =>
        new(second * Second, CallerVectorVerb.Acquire, "alice", tiers.IsEmpty ? null : [Claim("tier", tiers)], 1);

    private static CallerVectorStep Team(long second, params ImmutableArray<string> teams) => At(second) with { Claims = [Claim("team", teams)] };

    private static CallerVectorStep Release(long second, int call) => At(second) with { Verb = CallerVectorVerb.Release, Call = call };

    private static CallerVectorStep Wait(long second, long longest) => At(second) with { Verb = CallerVectorVerb.Reserve, MaxWaitUs = longest * Second };

    private static CallerVectorStep Cancel(long second, int call) => At(second) with { Verb = CallerVectorVerb.Cancel, Call = call };
}
