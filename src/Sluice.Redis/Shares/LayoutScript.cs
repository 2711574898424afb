using System.Globalization;
using System.Text;

namespace Sluice.Redis;

/// <summary>The script that keeps processes of different layouts apart; <c>layout.lua</c> has the format.</summary>
internal sealed class LayoutScript() : RedisScript(Read("layout.lua"), clockArgument: null)
{
    /// <summary>The script.</summary>
    internal static LayoutScript Standard { get; } = new();

    /// <summary>Marks the keys of a prefix as used in a way. Says what is against it; the empty text for nothing.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="prefix">What every key begins with.</param>
    /// <param name="way">The way.</param>
    /// <param name="expires">When the mark expires.</param>
    /// <exception cref="RedisFaultException">It did not run.</exception>
    internal Task<string> MarkAsync(IRedisConnection connection, string prefix, string way, TimeSpan expires) =>
        RunAsync(connection, prefix + ":layout", way, ((long)expires.TotalMilliseconds).ToString(CultureInfo.InvariantCulture));

    /// <summary>Tries what shares need. Says what is missing; the empty text for nothing.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="prefix">What every key begins with.</param>
    /// <exception cref="RedisFaultException">It did not run.</exception>
    internal Task<string> CheckAsync(IRedisConnection connection, string prefix) => RunAsync(connection, prefix + ":layout:probe", "", "0");

    private async Task<string> RunAsync(IRedisConnection connection, string key, params string[] arguments)
    {
        byte[][] bytes = Array.ConvertAll(arguments, Encoding.UTF8.GetBytes);
        try
        {
            return Encoding.UTF8.GetString(await connection.RunAsync(this, [key], bytes, loads: false).ConfigureAwait(false));
        }
        catch (RedisFaultException fault) when (fault.IsScriptMissing)
        {
            return Encoding.UTF8.GetString(await connection.RunAsync(this, [key], bytes, loads: true).ConfigureAwait(false));
        }
    }
}
