using Sluice.Redis;
using Sluice.Redis.Tests;

namespace Sluice.Benchmarks;

/// <summary>Microseconds of the server's time for each decision, by its own account (<c>INFO commandstats</c>).</summary>
/// <remarks>
/// Every kind is asked in the same way, by one connection that always has commands waiting: a server that sleeps between two
/// would spend its time on cold caches, and more of it on the longer script.
/// </remarks>
internal sealed class ServerTime : IDisposable
{
    private const int Users = 1_000;
    private const int Waiting = 50;
    private static readonly Rate Open = new(1_000_000, TimeSpan.FromSeconds(1));
    private static readonly Rate Shut = new(1, TimeSpan.FromHours(1));

    private readonly RedisServer _server = RedisServer.Start();
    private readonly RespConnection _connection;
    private readonly CallerIdentity[] _callers = Callers.Make(Users);
    private readonly KeyLayout _keys = new("sluice");
    private readonly string _hashes;
    private readonly string _time;
    private readonly string _ours;
    private readonly int _runs;

    internal ServerTime(int runs)
    {
        _runs = runs;
        _connection = new RespConnection(_server.Port);
        _hashes = _server.Send("SCRIPT", "LOAD", TextbookScripts.TwoFieldHashes);
        _time = _server.Send("SCRIPT", "LOAD", TextbookScripts.OnlyTime);
        _ours = _server.Send("SCRIPT", "LOAD", DecisionScript.Standard.Text);
    }

    internal double Incrby()
    {
        byte[][] commands = [.. Enumerable.Range(0, Users).Select(user => RespConnection.Encode("INCRBY", $"c:{user}", "0"))];
        return Measure("incrby", commands, (byte)'0');
    }

    internal double OnlyTime() =>
        Measure("evalsha", [.. Enumerable.Repeat(RespConnection.Encode("EVALSHA", _time, "0"), Users)], (byte)'1');

    /// <summary>The textbook's bucket, of one limit or of four: the user's and everybody's, on the server and on a tool.</summary>
    internal double TwoFieldHashes(int limits)
    {
        object[] numbers = [.. Enumerable.Repeat(Open.MaxTokens, 2 * limits).Cast<object>()];
        byte[][] commands = [.. Enumerable.Range(0, Users).Select(user =>
        {
            object[] keys = [$"h:user:{user}", "h:shared", $"h:user:{user}:search", "h:shared:search"];
            return RespConnection.Encode(["EVALSHA", _hashes, limits, .. keys[..limits], .. numbers]);
        })];
        return Measure("evalsha", commands, (byte)'1');
    }

    /// <summary>Ours, for a call under a user's limit.</summary>
    internal double OursOne() => Measure("evalsha", Commands(Limits("one", policy => policy.PerUser(Open))), 1);

    /// <summary>Ours, for a call under four limits, in rows that hold the buckets of so many tools.</summary>
    internal double OursFour(int toolsInRow)
    {
        byte[][] commands = [];
        for (int tool = 0; tool < toolsInRow; tool++)
        {
            commands = Commands(Limits($"four-{toolsInRow}", FourLimits(toolsInRow), $"tool-{tool}"));
            Run(commands, Users, 1);
        }

        return Measure("evalsha", commands, 1);
    }

    /// <summary>Ours, for a call that the last of four limits refuses.</summary>
    internal double OursRefused()
    {
        byte[][] commands = Commands(Limits(
            $"refused-{Guid.NewGuid():N}",
            policy => policy.Shared(Open).PerUser(Open).Tool("tool-0", tool => tool.Shared(Open).PerUser(Shut)),
            "tool-0"));
        Run(commands, Users, 1);
        return Measure("evalsha", commands, 0);
    }

    public void Dispose()
    {
        _connection.Dispose();
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

    private RedisLimits Limits(string server, Action<RateLimitsBuilder> configure, string tool = "search") =>
        new(RateLimitPolicy.Build(server, configure).Select("tools/call", tool, _callers[0]), _keys);

    /// <summary>The very commands that the store sends, for each user.</summary>
    private byte[][] Commands(RedisLimits limits) => [.. _callers.Select(caller =>
    {
        ScriptRun run = new([new PendingCall(ScriptVerb.Acquire, limits, new CallerKeys(caller), cost: 1)]);
        return RespConnection.Encode(["EVALSHA", _ours, run.Keys.Length, .. run.Keys, run.Argument]);
    })];

    private double Measure(string command, byte[][] commands, byte mustBegin)
    {
        Run(commands, Math.Max(Users, _runs / 10), mustBegin);
        _server.Send("CONFIG", "RESETSTAT");
        Run(commands, _runs, mustBegin);
        (long calls, double micros) = RedisStores.CommandStatistics(_server, command);
        return micros / calls;
    }

    private void Run(byte[][] commands, int runs, byte mustBegin)
    {
        for (int run = 0; run < runs; run += Waiting)
        {
            _connection.Run(commands.AsSpan(run % Users, Waiting), mustBegin);
        }
    }
}
