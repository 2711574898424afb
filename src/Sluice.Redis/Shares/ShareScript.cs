namespace Sluice.Redis;

/// <summary>The script of the allocator.</summary>
/// <remarks>Thread safety: immutable.</remarks>
/// <param name="clock">The lines that define <c>clock</c>, <c>horizon</c> and <c>server</c>.</param>
/// <param name="clockArgument">What those lines find in <c>ARGV[2]</c>; null where they need nothing.</param>
internal sealed class ShareScript(string clock, Func<byte[]>? clockArgument = null)
    : RedisScript(clock + Read("shares.lua"), clockArgument)
{
    /// <summary>The script, by the server's clock.</summary>
    internal static ShareScript Standard { get; } = new(Read("clock.lua") + Read("server_life.lua"));
}
