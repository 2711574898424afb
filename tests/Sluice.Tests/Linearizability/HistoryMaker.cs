namespace Sluice.Tests;

/// <summary>Draws the operations of short histories: few buckets, so that threads meet; few tokens, so that they run out.</summary>
internal sealed class HistoryMaker
{
    private static readonly CallerIdentity[] Callers = [StoreFixture.User(1), StoreFixture.User(2)];
    private readonly Random _random;
    private readonly ApplicableLimits[] _limits;
    private readonly bool _hasTime;

    /// <summary>Draws operations on limits of every kind: of callers whose claims change, too, and on slots.</summary>
    /// <param name="seed">Of the random numbers.</param>
    /// <param name="algorithm">Of the rates.</param>
    /// <param name="hasCallers">
    /// Whether there are overrides, limits by claims, and slots.
    /// </param>
    /// <param name="hasTime">
    /// Whether the clock moves. With slots it may only if it is read under the locks, as the system's is: a release reads no clock, so a
    /// call that had read it before could see a later release.
    /// </param>
    internal HistoryMaker(int seed, RateLimitAlgorithm algorithm, bool hasCallers = false, bool hasTime = true)
    {
        _hasTime = hasTime;
        _random = new Random(seed);
        Rate small = new(3, TimeSpan.FromTicks(30_000), algorithm, burst: null, align: false);
        Rate smaller = new(2, TimeSpan.FromTicks(50_000), algorithm, burst: null, align: false);
        RateLimitPolicy policy = RateLimitPolicy.Build(
            "server",
            of => of.PerUser(small).Tool("both", t => t.Shared(smaller)).Tool("own", t => t.PerUser(smaller)));
        _limits = hasCallers ? OfCallers(small, smaller) :
        [
            policy.Select("tools/call", "plain", Callers[0]),
            policy.Select("tools/call", "both", Callers[0]),
            policy.Select("tools/call", "own", Callers[0]),
        ];
    }

    /// <summary>One thread's operations.</summary>
    internal Operation[] Draw(int count)
    {
        List<Operation> operations = [];
        while (operations.Count < count)
        {
            Operation[] begun =
            [
                .. operations.Where(one => one.Verb == Verb.Acquire
                    && one.Request.Limits.SlotCount > 0
                    && operations.TrueForAll(other => other.Begun != one)),
            ];
            operations.Add(begun.Length > 0 && _random.Next(2) == 0
                ? new Operation(Verb.Release, begun[0].Request, ticks: 0) { Begun = begun[0] }
                : Draw());
        }

        return [.. operations];
    }

    // One caller's own bucket under three sets of numbers, the bucket and the slots of a team, and the slots of everybody.
    private static ApplicableLimits[] OfCallers(Rate small, Rate smaller)
    {
        RateLimitPolicy policy = RateLimitPolicy.Build("server", of => of
            .PerUser(small)
            .Override(when => when.Claim("tier", "pro"), numbers => numbers.PerUser("5/1s"))
            .Override(when => when.Claim("tier", "suspended"), numbers => numbers.PerUser("0"))
            .Concurrency(new() { Shared = 2 })
            .Limit("by-team", limit => limit.Per("claim:team").Rate(smaller))
            .Limit("at-once", limit => limit.Per("claim:team").Concurrency(1).Override(when => when.Claim("tier", "pro"), 2)));
        return
        [
            .. ((string[])["free", "pro", "suspended"]).Select(tier => policy.Select("tools/call", "plain", StoreFixture.User(1).WithClaim("tier", tier))),
        ];
    }

    private Operation Draw()
    {
        Verb verb = _random.Next(20) switch
        {
            < 11 => Verb.Acquire,
            < 13 => Verb.Peek,
            < 14 => Verb.Charge,
            < 15 => Verb.Refund,
            < 16 => Verb.Reset,
            _ => _hasTime ? Verb.Advance : Verb.Acquire,
        };
        CallerIdentity caller = Callers[_random.Next(4) == 0 ? 1 : 0];
        RateLimitRequest request = new(_limits[_random.Next(_limits.Length)], caller, _random.Next(1, 3));
        return new Operation(verb, request, _random.Next(1, 30_000));
    }
}
