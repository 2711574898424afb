using System.Globalization;
using Sluice.Redis;
using Sluice.Redis.Tests;

namespace Sluice.Benchmarks;

/// <summary>Microseconds of the server's time for each decision, by its own account (<c>INFO commandstats</c>).</summary>
internal sealed class ServerTime : IDisposable
{
    private const int Users = 1_000;
    private static readonly Rate Open = new(1_000_000, TimeSpan.FromSeconds(1));
    private static readonly Rate Shut = new(1, TimeSpan.FromHours(1));

    private readonly RedisServer _server = RedisServer.Start();
    private readonly RespConnection _plain;
    private readonly RedisStore _store;
    private readonly CallerIdentity[] _callers = Callers.Make(Users);
    private readonly int[] _order = Callers.UniformOrder(Users);
    private readonly string _hashes;
    private readonly string _time;
    private readonly int _runs;

    internal ServerTime(int runs)
    {
        _runs = runs;
        _plain = new RespConnection(_server.Port);
        _hashes = _plain.Load(TextbookScripts.TwoFieldHashes);
        _time = _plain.Load(TextbookScripts.OnlyTime);
        _store = RedisStores.Open(_server, options =>
        {
            options.Coalesce = false;
            options.RememberRefusals = TimeSpan.Zero;
        });
    }

    internal double Incrby() => Measure("incrby", _ => _plain.Send("INCRBY", "counter", "1"));

    internal double OnlyTime() => Measure("evalsha", _ => _plain.Send("EVALSHA", _time, "0"));

    /// <summary>The textbook's bucket, of one limit or of four: everybody's and the user's, on the server and on a tool.</summary>
    internal double TwoFieldHashes(int limits) => Measure("evalsha", user =>
    {
        string[] keys = [$"h:user:{user}", "h:shared", $"h:user:{user}:search", "h:shared:search"];
        string[] numbers = [.. Enumerable.Repeat<string[]>(["1000000", "1000000"], limits).SelectMany(pair => pair)];
        string answer = _plain.Send(["EVALSHA", _hashes, limits.ToString(CultureInfo.InvariantCulture), .. keys[..limits], .. numbers]);
        if (answer != "1")
        {
            throw new InvalidOperationException("The baseline refused.");
        }
    });

    /// <summary>Ours, for a call under a user's limit.</summary>
    internal double OursOne() => Ours(Limits("one", policy => policy.PerUser(Open)), RateLimitOutcome.Allowed);

    /// <summary>Ours, for a call under four limits, in rows that hold the buckets of so many tools.</summary>
    internal double OursFour(int toolsInRow)
    {
        ApplicableLimits[] all = [.. Enumerable.Range(0, toolsInRow).Select(tool => Limits($"four-{toolsInRow}", FourLimits(toolsInRow), $"tool-{tool}"))];
        foreach (ApplicableLimits limits in all)
        {
            Array.ForEach(_callers, caller => Decide(limits, caller, RateLimitOutcome.Allowed));
        }

        return Ours(all[^1], RateLimitOutcome.Allowed);
    }

    /// <summary>Ours, for a call that the last of four limits refuses.</summary>
    internal double OursRefused()
    {
        ApplicableLimits limits = Limits(
            "refused", policy => policy.Shared(Open).PerUser(Open).Tool("tool-0", tool => tool.Shared(Open).PerUser(Shut)), "tool-0");
        foreach (CallerIdentity caller in _callers)
        {
            _store.AcquireAsync(new RateLimitRequest(limits, caller), default, default).AsTask().GetAwaiter().GetResult();
        }

        return Ours(limits, RateLimitOutcome.Denied);
    }

    public void Dispose()
    {
        _plain.Dispose();
        _store.DisposeAsync().AsTask().GetAwaiter().GetResult();
        _server.Dispose();
    }

    private static Action<RateLimitsBuilder> FourLimits(int tools) => policy =>
    {
        policy.Shared(Open).PerUser(Open);
        for (int tool = 0; tool < tools; tool++)
        {
            policy.Tool($"tool-{tool}", limits => limits.Shared(Open).PerUser(Open));
        }
    };

    private ApplicableLimits Limits(string server, Action<RateLimitsBuilder> configure, string tool = "search") =>
        RateLimitPolicy.Build(server, configure).Select("tools/call", tool, _callers[0]);

    private double Ours(ApplicableLimits limits, RateLimitOutcome expected) =>
        Measure("evalsha", user => Decide(limits, _callers[user], expected));

    private void Decide(ApplicableLimits limits, CallerIdentity caller, RateLimitOutcome expected)
    {
        RateLimitDecision decision =
            _store.AcquireAsync(new RateLimitRequest(limits, caller), default, default).AsTask().GetAwaiter().GetResult();
        Require.Outcome(decision, expected);
        RedisStores.RequireStore(decision);
    }

    private double Measure(string command, Action<int> decide)
    {
        for (int i = 0; i < _runs / 10; i++)
        {
            decide(_order[i & (_order.Length - 1)]);
        }

        _server.Send("CONFIG", "RESETSTAT");
        for (int i = 0; i < _runs; i++)
        {
            decide(_order[i & (_order.Length - 1)]);
        }

        (long calls, double micros) = RedisStores.CommandStatistics(_server, command);
        return micros / calls;
    }
}
