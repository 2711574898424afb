namespace Sluice.Redis;

/// <summary>The script that takes heartbeats.</summary>
/// <remarks>Thread safety: immutable.</remarks>
/// <param name="clock">The lines that define <c>clock</c>.</param>
/// <param name="clockArgument">What those lines find in <c>ARGV[2]</c>; null where they need nothing.</param>
internal sealed class HeartbeatScript(string clock, Func<byte[]>? clockArgument = null)
    : RedisScript(clock + Read("heartbeat.lua"), clockArgument)
{
    /// <summary>The script, by the server's clock.</summary>
    internal static HeartbeatScript Standard { get; } = new(Read("clock.lua"));
}
