using System.Security.Cryptography;
using System.Text;

namespace Sluice.Redis;

/// <summary>A script, and the name by which a server that has it runs it.</summary>
/// <remarks>Thread safety: immutable.</remarks>
internal abstract class RedisScript
{
    /// <param name="text">The script.</param>
    /// <param name="clockArgument">What it finds in <c>ARGV[2]</c>; null where it needs nothing.</param>
    protected RedisScript(string text, Func<byte[]>? clockArgument)
    {
        ClockArgument = clockArgument;
        Text = text;
#pragma warning disable CA5350 // Redis names scripts by SHA-1; nothing rests on its strength.
        Hash = SHA1.HashData(Encoding.UTF8.GetBytes(Text));
#pragma warning restore CA5350
    }

    /// <summary>Its text.</summary>
    internal string Text { get; }

    /// <summary>What its clock is told with every run; null for the server's clock, which needs nothing.</summary>
    internal Func<byte[]>? ClockArgument { get; }

    /// <summary>The SHA-1 of its text.</summary>
    internal byte[] Hash { get; }

    /// <summary>What a run is given.</summary>
    internal byte[][] Arguments(byte[] packed) => ClockArgument is null ? [packed] : [packed, ClockArgument()];

    /// <summary>Runs it once, where its keys lie; a server that lacks it is given it first.</summary>
    /// <exception cref="RedisFaultException">It did not run, or failed.</exception>
    internal async Task<byte[]> RunAsync(IRedisConnection connection, string[] keys, byte[] packed)
    {
        byte[][] arguments = Arguments(packed);
        try
        {
            return await connection.RunAsync(this, keys, arguments, loads: false).ConfigureAwait(false);
        }
        catch (RedisFaultException fault) when (fault.IsScriptMissing)
        {
            return await connection.RunAsync(this, keys, arguments, loads: true).ConfigureAwait(false);
        }
    }

    /// <summary>The text of a script, as the build has put it together.</summary>
    protected static string Read(string name)
    {
        using Stream stream = typeof(RedisScript).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"The assembly lacks its resource '{name}'.");
        using StreamReader reader = new(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }
}
