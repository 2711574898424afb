namespace Sluice.Configuration;

/// <summary>The patterns of texts in the JSON Schema, by the syntax that JavaScript and .NET share.</summary>
internal static class SchemaPatterns
{
    /// <summary>A reference to a variable or a file, anywhere in a text.</summary>
    internal const string Reference = @"\$\{[^}]+\}";

    private static readonly string Units = string.Join(
        '|', GoDuration.UnitNames.OrderByDescending(unit => unit.Length).Select(System.Text.RegularExpressions.Regex.Escape));

    private static readonly string GoNumbers = $@"(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:{Units}))+";

    /// <summary>A duration, or no time at all.</summary>
    internal static string Duration { get; } = $@"^\s*(?:0|{Period})\s*$";

    /// <summary>A rate in the short form.</summary>
    internal static string ShortRate { get; } = $@"^\s*0*[1-9][0-9]*\s*/\s*(?:{Period})\s*$";

    /// <summary>A size in bytes.</summary>
    internal static string Size { get; } =
        $@"^\s*(?:[0-9]+\.?[0-9]*|\.[0-9]+)\s*(?:{string.Join('|', FieldReader.SizeUnitNames.Select(AnyCase))})?\s*$";

    // Patterns of JSON Schema have no flag for it.
    private static string AnyCase(string word) =>
        string.Concat(word.Select(letter => $"[{char.ToUpperInvariant(letter)}{char.ToLowerInvariant(letter)}]"));

    private static string Period => $@"(?:{GoNumbers}|(?:[0-9]+\s*)?(?:{string.Join('|', TimeUnits.Names.OrderByDescending(name => name.Length))}))";
}
