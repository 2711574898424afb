namespace Sluice.Tests;

/// <summary>Draws the operations of short histories: few buckets, so that threads meet; few tokens, so that they run out.</summary>
internal sealed class HistoryMaker
{
    private static readonly CallerIdentity[] Callers = [StoreFixture.User(1), StoreFixture.User(2)];
    private readonly Random _random;
    private readonly ApplicableLimits[] _limits;

    internal HistoryMaker(int seed, RateLimitAlgorithm algorithm)
    {
        _random = new Random(seed);
        Rate small = new(3, TimeSpan.FromTicks(30_000), algorithm, burst: null, align: false);
        Rate smaller = new(2, TimeSpan.FromTicks(50_000), algorithm, burst: null, align: false);
        RateLimitPolicy policy = RateLimitPolicy.Build(
            "server",
            of => of.PerUser(small).Tool("both", t => t.Shared(smaller)).Tool("own", t => t.PerUser(smaller)));
        _limits =
        [
            policy.Select("tools/call", "plain", Callers[0]),
            policy.Select("tools/call", "both", Callers[0]),
            policy.Select("tools/call", "own", Callers[0]),
        ];
    }

    /// <summary>One thread's operations.</summary>
    internal Operation[] Draw(int count) => [.. Enumerable.Range(0, count).Select(_ => Draw())];

    private Operation Draw()
    {
        Verb verb = _random.Next(20) switch
        {
            < 11 => Verb.Acquire,
            < 13 => Verb.Peek,
            < 14 => Verb.Charge,
            < 15 => Verb.Refund,
            < 16 => Verb.Reset,
            _ => Verb.Advance,
        };
        CallerIdentity caller = Callers[_random.Next(4) == 0 ? 1 : 0];
        RateLimitRequest request = new(_limits[_random.Next(_limits.Length)], caller, _random.Next(1, 3));
        return new Operation(verb, request, _random.Next(1, 30_000));
    }
}
