using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace Sluice.Redis;

/// <summary>The script that decides, and the name by which a server that has it runs it.</summary>
/// <remarks>Thread safety: immutable.</remarks>
internal sealed partial class DecisionScript
{
    // The script without its clock: each line that names a part is replaced by that part.
    private static readonly string Assembled =
        PartLine().Replace(Read("decide.lua"), static line => Read(line.Groups["part"].Value + ".lua"));

    /// <param name="clock">The lines that define <c>clock</c> and <c>expiry</c>, which the script counts by.</param>
    /// <param name="clockArgument">What those lines find in <c>ARGV[2]</c>; null where they need nothing.</param>
    internal DecisionScript(string clock, Func<byte[]>? clockArgument = null)
    {
        ClockArgument = clockArgument;
        Text = clock + Assembled;
#pragma warning disable CA5350 // Redis names scripts by SHA-1; nothing rests on its strength.
        Hash = SHA1.HashData(Encoding.UTF8.GetBytes(Text));
#pragma warning restore CA5350
    }

    /// <summary>The script, by the server's clock.</summary>
    internal static DecisionScript Standard { get; } = new(Read("clock.lua"));

    /// <summary>Its text.</summary>
    internal string Text { get; }

    /// <summary>What its clock is told with every run; null for the server's clock, which needs nothing.</summary>
    internal Func<byte[]>? ClockArgument { get; }

    /// <summary>The SHA-1 of its text.</summary>
    internal byte[] Hash { get; }

    /// <summary>What a run is given.</summary>
    internal byte[][] Arguments(byte[] packed) => ClockArgument is null ? [packed] : [packed, ClockArgument()];

    [GeneratedRegex(@"^[ ]*-- include (?<part>\w+)\n", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex PartLine();

    private static string Read(string name)
    {
        using Stream stream = typeof(DecisionScript).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"The assembly lacks its resource '{name}'.");
        using StreamReader reader = new(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }
}
