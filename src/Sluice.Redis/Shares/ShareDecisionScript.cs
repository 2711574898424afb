namespace Sluice.Redis;

/// <summary>The script that decides a call of which some buckets are divided: the remainders of those, and all other buckets.</summary>
/// <remarks>Thread safety: immutable.</remarks>
/// <param name="clock">The lines that define <c>clock</c>, <c>horizon</c> and <c>server</c>.</param>
/// <param name="clockArgument">What those lines find in <c>ARGV[2]</c>; null where they need nothing.</param>
internal sealed class ShareDecisionScript(string clock, Func<byte[]>? clockArgument = null)
    : RedisScript($"{clock}local function decide()\n{Read("decide.lua")}\nend\n\n{Read("shares_decide.lua")}", clockArgument)
{
    /// <summary>The script, by the server's clock.</summary>
    internal static ShareDecisionScript Standard { get; } = new(Read("clock.lua") + Read("server_life.lua"));
}
