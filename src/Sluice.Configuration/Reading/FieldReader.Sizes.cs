using System.Globalization;

namespace Sluice.Configuration;

/// <content>Sizes in bytes.</content>
internal sealed partial class FieldReader
{
    private static readonly (string Unit, long Bytes)[] SizeUnits =
    [
        ("KiB", 1L << 10), ("MiB", 1L << 20), ("GiB", 1L << 30), ("TiB", 1L << 40),
        ("KB", 1_000), ("MB", 1_000_000), ("GB", 1_000_000_000), ("TB", 1_000_000_000_000),
        ("B", 1),
    ];

    /// <summary>The units that a size may have.</summary>
    internal static IEnumerable<string> SizeUnitNames => SizeUnits.Select(unit => unit.Unit);

    /// <summary>A size in bytes within the range of the table, or null when it is absent or wrong.</summary>
    internal long? Size(string name)
    {
        (long min, long max, string range, string example) = ValueOf<SizeSpec>(name);
        if (Scalar(name, $"a size, such as {example}") is not ScalarNode scalar)
        {
            return null;
        }

        if (TryParseSize(scalar.Value, out long bytes) && bytes >= min && bytes <= max)
        {
            return bytes;
        }

        _faults.Add(scalar, PathOf(name), $"{scalar.Describe()} is not a size from {range}. Write one such as {example}.");
        return null;
    }

    // A number and a unit, as 100MiB or 1.5 GB; without a unit, bytes.
    private static bool TryParseSize(string text, out long bytes)
    {
        ReadOnlySpan<char> number = text.AsSpan().Trim();
        long unit = 1;
        foreach ((string name, long size) in SizeUnits)
        {
            if (number.EndsWith(name, StringComparison.OrdinalIgnoreCase))
            {
                number = number[..^name.Length].TrimEnd();
                unit = size;
                break;
            }
        }

        bytes = 0;
        bool isNumber = decimal.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal value)
            && value <= long.MaxValue / unit;
        if (isNumber)
        {
            bytes = (long)(value * unit);
        }

        return isNumber;
    }
}
