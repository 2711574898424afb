namespace Sluice.Redis;

/// <summary>The script that decides.</summary>
/// <remarks>Thread safety: immutable.</remarks>
/// <param name="clock">The lines that define <c>clock</c> and <c>horizon</c>, which the script counts by.</param>
/// <param name="clockArgument">What those lines find in <c>ARGV[2]</c>; null where they need nothing.</param>
internal sealed class DecisionScript(string clock, Func<byte[]>? clockArgument = null)
    : RedisScript(clock + Read("decide.lua"), clockArgument)
{
    /// <summary>The script, by the server's clock.</summary>
    internal static DecisionScript Standard { get; } = new(Read("clock.lua"));
}
