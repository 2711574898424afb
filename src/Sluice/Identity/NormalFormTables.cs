using System.Collections.Frozen;
using System.Globalization;

namespace Sluice;

/// <summary>What Unicode says of characters that compose, decompose or change places.</summary>
/// <remarks>
/// <para>Read from <c>nfc.txt</c> when a text first needs them; <c>eng/write-nfc.mjs</c> writes that file.</para>
/// <para>Thread safety: immutable.</para>
/// </remarks>
internal static class NormalFormTables
{
    private const string Resource = "nfc.txt";
    private static readonly FrozenDictionary<int, int> Ranks;

    static NormalFormTables()
    {
        Dictionary<int, int> ranks = [];
        Dictionary<int, int[]> mappings = [];
        Dictionary<(int First, int Second), int> compositions = [];
        using Stream stream = typeof(NormalFormTables).Assembly.GetManifestResourceStream(Resource)
            ?? throw new InvalidOperationException($"The resource '{Resource}' is missing from this build.");
        using StreamReader reader = new(stream);
        while (reader.ReadLine() is string line)
        {
            if (line.StartsWith("rank ", StringComparison.Ordinal))
            {
                ReadRank(line["rank ".Length..], ranks);
            }
            else if (line.StartsWith("map ", StringComparison.Ordinal))
            {
                ReadMappings(line["map ".Length..], mappings, compositions);
            }
        }

        Ranks = ranks.ToFrozenDictionary();
        Compositions = compositions.ToFrozenDictionary();
        Decompositions = mappings.Keys.ToFrozenDictionary(code => code, code => Expand(code, mappings).ToArray());
    }

    /// <summary>Characters to all that they decompose to, in order.</summary>
    internal static FrozenDictionary<int, int[]> Decompositions { get; }

    /// <summary>Pairs to what they compose to.</summary>
    internal static FrozenDictionary<(int First, int Second), int> Compositions { get; }

    /// <summary>The place of a mark's combining class among all classes, from 1; 0 for a character that is not a mark.</summary>
    internal static int RankOf(int code) => Ranks.GetValueOrDefault(code);

    // RANK: FIRST-LAST SINGLE …
    private static void ReadRank(string line, Dictionary<int, int> ranks)
    {
        string[] parts = line.Split([':', ' '], StringSplitOptions.RemoveEmptyEntries);
        int rank = int.Parse(parts[0], CultureInfo.InvariantCulture);
        foreach (string range in parts.Skip(1))
        {
            int[] ends = [.. range.Split('-').Select(ParseCode)];
            for (int code = ends[0]; code <= ends[^1]; code++)
            {
                ranks.Add(code, rank);
            }
        }
    }

    // CHARACTER+FIRST SECOND or CHARACTER=CHARACTERS, with semicolons between.
    private static void ReadMappings(
        string line, Dictionary<int, int[]> mappings, Dictionary<(int First, int Second), int> compositions)
    {
        foreach (string entry in line.Split(';'))
        {
            int sign = entry.IndexOfAny(['+', '=']);
            int code = ParseCode(entry[..sign]);
            int[] parts = [.. entry[(sign + 1)..].Split(' ').Select(ParseCode)];
            mappings.Add(code, parts);
            if (entry[sign] == '+')
            {
                compositions.Add((parts[0], parts[1]), code);
            }
        }
    }

    private static IEnumerable<int> Expand(int code, Dictionary<int, int[]> mappings) =>
        mappings.TryGetValue(code, out int[]? parts) ? parts.SelectMany(part => Expand(part, mappings)) : [code];

    private static int ParseCode(string text) => int.Parse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}
