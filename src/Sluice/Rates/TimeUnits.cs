namespace Sluice;

/// <summary>The units of time that a rate may name: the one list behind the reader and its errors.</summary>
internal static class TimeUnits
{
    /// <summary>Each unit: its symbol, its words, which also have a plural, and its length.</summary>
    private static readonly (string Symbol, string[] Words, TimeSpan Length)[] Units =
    [
        ("ms", ["millisecond"], TimeSpan.FromMilliseconds(1)),
        ("s", ["sec", "second"], TimeSpan.FromSeconds(1)),
        ("m", ["min", "minute"], TimeSpan.FromMinutes(1)),
        ("h", ["hr", "hour"], TimeSpan.FromHours(1)),
        ("d", ["day"], TimeSpan.FromDays(1)),
        ("w", ["wk", "week"], TimeSpan.FromDays(7)),
    ];

    /// <summary>Every name of a unit: symbols, and words in the singular and the plural.</summary>
    internal static IEnumerable<string> Names =>
        Units.SelectMany(unit => unit.Words.SelectMany(word => (string[])[word, word + "s"]).Prepend(unit.Symbol));

    private static readonly Dictionary<string, TimeSpan>.AlternateLookup<ReadOnlySpan<char>> ByWord = Units
        .SelectMany(unit => unit.Words.SelectMany(word => (string[])[word, word + "s"]).Prepend(unit.Symbol), (unit, word) => (word, unit.Length))
        .ToDictionary(unit => unit.word, unit => unit.Length, StringComparer.Ordinal)
        .GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>Every word in the singular, by length: <c>millisecond, sec, second, …</c>.</summary>
    internal static string Words { get; } = string.Join(", ", Units.SelectMany(unit => unit.Words));

    /// <summary>The length of a unit, or null when there is none of that name.</summary>
    internal static TimeSpan? Find(ReadOnlySpan<char> word) => ByWord.TryGetValue(word, out TimeSpan length) ? length : null;
}
