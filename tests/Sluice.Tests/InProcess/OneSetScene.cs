namespace Sluice.Tests;

/// <summary>A table of up to nine keys, which is one set, where all buckets meet; and short ways to use it.</summary>
public abstract class OneSetScene
{
    internal const int Burst = 100;
    internal static readonly Rate Second = new(1, TimeSpan.FromSeconds(1), RateLimitAlgorithm.TokenBucket, Burst, align: false);
    internal static readonly Rate Tight = new(1, TimeSpan.FromSeconds(1), RateLimitAlgorithm.TokenBucket, burst: 5, align: false);
    internal static readonly Rate Slow = new(1, TimeSpan.FromSeconds(10), RateLimitAlgorithm.TokenBucket, Burst, align: false);
    internal static readonly Rate Log = new(Burst, TimeSpan.FromSeconds(100), RateLimitAlgorithm.SlidingWindow, burst: null, align: false);
    private readonly Dictionary<string, ApplicableLimits> _limits = [];

    internal StoreFixture Fixture { get; private set; } = new(maxKeys: 9);

    /// <summary>Goes on with an empty store.</summary>
    internal void Begin(int maxKeys)
    {
        Fixture = new StoreFixture(maxKeys);
        _limits.Clear();
    }

    /// <summary>A limit on a tool, per user; the same object for the same rate.</summary>
    internal ApplicableLimits Of(string tool, Rate rate)
    {
        string key = $"{tool} {rate}";
        if (!_limits.TryGetValue(key, out ApplicableLimits? limits))
        {
            limits = RateLimitPolicy.Build("server", of => of.Tool(tool, t => t.PerUser(rate)))
                .Select("tools/call", tool, StoreFixture.User(1));
            _limits.Add(key, limits);
        }

        return limits;
    }

    internal OneSetScene UseTokens(string tool, int user, int tokens)
    {
        Fixture.Acquire(Of(tool, Second), StoreFixture.User(user), tokens).IsAllowed.ShouldBeTrue();
        return this;
    }

    internal OneSetScene Charge(string tool, int user, int tokens)
    {
        Fixture.Store.Charge(new RateLimitRequest(Of(tool, Second), StoreFixture.User(user), tokens));
        return this;
    }

    internal OneSetScene Refund(string tool, int user, int tokens)
    {
        Fixture.Store.Refund(new RateLimitRequest(Of(tool, Second), StoreFixture.User(user), tokens));
        return this;
    }

    internal OneSetScene Reset(string tool, int user, Rate? rate = null)
    {
        Fixture.Store.Reset(Of(tool, rate ?? Second).Limits, StoreFixture.User(user));
        return this;
    }

    /// <summary>Four tokens, one by one, so that a log has to remember each.</summary>
    internal void Spread(string tool, int user, Rate rate)
    {
        for (int i = 0; i < 4; i++)
        {
            Fixture.Acquire(Of(tool, rate), StoreFixture.User(user)).IsAllowed.ShouldBeTrue();
            Fixture.Ticks++;
        }
    }

    /// <summary>How many tokens some users' buckets lack.</summary>
    internal int[] Owed(string tool, int[] users, Rate? rate = null) =>
        [.. users.Select(user => Burst - Fixture.PeekStates(Of(tool, rate ?? Second), StoreFixture.User(user))[0].Remaining)];

    /// <summary>How many tokens the bucket lacks of a user who has none.</summary>
    internal int Newcomer(string tool) => Owed(tool, [-1])[0];

    internal TimeSpan ResetAfter(string tool, Rate rate, int user = -1) =>
        Fixture.PeekStates(Of(tool, rate), StoreFixture.User(user))[0].ResetAfter;
}
