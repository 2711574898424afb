using System.Globalization;
using System.Text;
using StackExchange.Redis;

namespace Sluice.Redis.Tests;

/// <summary>
/// The allocator's script on a real server, by a clock and a server's name that the test sets, beside its model.
/// </summary>
internal sealed class ShareScriptScene
{
    private const string Lines =
        """
        local clock, server = string.match(ARGV[2], '^(%d+) (%x+)$')
        clock = tonumber(clock)
        local horizon = 253402300799000

        """;

    private static readonly Lazy<SharedConnection> Connection = new(() => SharedConnection.To(RedisServer.Shared.Value.Configuration));
    private static readonly Lazy<ConnectionMultiplexer> Client =
        new(() => ConnectionMultiplexer.Connect(RedisServer.Shared.Value.Configuration));

    private static int _scenes;
    private readonly ShareScript _script;

    internal ShareScriptScene()
    {
        _script = new(Lines, Argument);
        Scripts = new(_script, new ShareDecisionScript(Lines, Argument));
        Decision = new(Lines, Argument);
    }

    /// <summary>The scripts of a store, by the same clock.</summary>
    internal ShareScripts Scripts { get; }

    /// <summary>The script that decides, by the same clock.</summary>
    internal DecisionScript Decision { get; }

    internal string Key { get; } = $"shares{Environment.ProcessId}-{Interlocked.Increment(ref _scenes)}";

    internal long Clock { get; set; } = 1_800_000_000_000_000;

    internal string Server { get; set; } = "1";

    internal ShareScript Script => _script;

    internal static IRedisConnection Shared => Connection.Value;

    internal static IDatabase Database => Client.Value.GetDatabase();

    private byte[] Argument() => Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Clock} {Server}"));

    internal Task<byte[]> RunAsync(byte[] argument) => _script.RunAsync(Connection.Value, [Key], argument);

    internal async Task<SyncReply> SyncAsync(SyncMessage message) =>
        ShareWire.ReadReply(await RunAsync(ShareWire.Write(message)), message.Process);

    internal async Task<RemainderAnswer> AskAsync(RemainderVerb verb, ulong process, string bucket, ShareNumbers numbers, long units) =>
        ShareWire.ReadAnswer(await RunAsync(ShareWire.Write(verb, process, bucket, numbers, units)));
}
