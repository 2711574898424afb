using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Sluice.Redis.Tests;

/// <summary>Processes of one store, each with a clock of its own, over a real server by a clock that the test moves.</summary>
/// <remarks>No heartbeat is sent by itself: the test says who sends one.</remarks>
internal sealed class HeartbeatScene
{
    private static int _scenes;
    private readonly HeartbeatScript _script;
    private readonly List<ManualTimeProvider> _clocks = [];

    internal HeartbeatScene()
    {
        _script = ScriptClock.HeartbeatsOf(ServerTime);
    }

    /// <summary>What the script counts by.</summary>
    internal ManualTimeProvider ServerTime { get; } = new();

    /// <summary>The key of the table.</summary>
    internal string Key => Prefix + ":heartbeats";

    private string Prefix { get; } = $"h{Environment.ProcessId}-{Interlocked.Increment(ref _scenes)}";

    private static Lazy<SharedConnection> Connection { get; } =
        new(() => SharedConnection.To(RedisServer.Shared.Value.Configuration));

    /// <summary>A new process, which has not sent a heartbeat yet.</summary>
    internal Heartbeat Process(ILogger? logger = null) => Process(out _, logger);

    /// <summary>A new process, and its clock.</summary>
    internal Heartbeat Process(out ManualTimeProvider clock, ILogger? logger = null)
    {
        clock = new ManualTimeProvider();
        _clocks.Add(clock);
        return new Heartbeat(Connection.Value, _script, Prefix, Membership.Assumed(1), clock, logger ?? NullLogger.Instance);
    }

    /// <summary>Lets time pass, on the server's clock and on those of all processes.</summary>
    internal void Pass(TimeSpan by)
    {
        ServerTime.Advance(by);
        _clocks.ForEach(clock => clock.Advance(by));
    }

    /// <summary>Time passes in whole intervals, in each of which each of the processes sends a heartbeat.</summary>
    internal async Task PassAsync(TimeSpan by, params Heartbeat[] beating)
    {
        for (TimeSpan passed = TimeSpan.Zero; passed < by; passed += HeartbeatTimes.Interval)
        {
            Pass(HeartbeatTimes.Interval);
            await BeatAsync(beating);
        }
    }

    /// <summary>Each of the processes sends a heartbeat.</summary>
    internal static async Task BeatAsync(params Heartbeat[] processes)
    {
        foreach (Heartbeat process in processes)
        {
            (await process.BeatAsync()).ShouldBeTrue();
        }
    }
}
