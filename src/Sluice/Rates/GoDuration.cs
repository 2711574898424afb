using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace Sluice;

/// <summary>Durations as Go writes them (<c>1h30m</c>, <c>1m0s</c>, <c>1.5h</c>, <c>500ms</c>), plus <c>d</c> and <c>w</c>.</summary>
/// <remarks>
/// Source: the documentation of Go's <c>time.ParseDuration</c>: a sequence of decimal numbers, each with an optional
/// fraction and a unit. A sign is not accepted, since no period is negative.
/// </remarks>
internal static class GoDuration
{
    private const int MaxDigits = 18;

    private static readonly (string Name, long Nanoseconds)[] Units =
    [
        ("ns", 1), ("us", 1_000), ("µs", 1_000), ("μs", 1_000), ("ms", 1_000_000), ("s", 1_000_000_000), ("m", 60_000_000_000),
        ("h", 3_600_000_000_000), ("d", 86_400_000_000_000), ("w", 604_800_000_000_000),
    ];

    private static readonly SearchValues<char> NumberCharacters = SearchValues.Create("0123456789.");
    private static readonly Int128 NanosecondsPerTick = 100;

    /// <summary>The units that a duration may have.</summary>
    internal static IEnumerable<string> UnitNames => Units.Select(unit => unit.Name);

    /// <summary>Reads a duration exactly.</summary>
    /// <param name="text">The text; no white space.</param>
    /// <param name="duration">The duration, or zero.</param>
    /// <param name="why">Null, or what is wrong, as a clause without a full stop.</param>
    internal static bool TryParse(ReadOnlySpan<char> text, out TimeSpan duration, [NotNullWhen(false)] out string? why)
    {
        duration = default;
        why = text.IsEmpty ? "the duration is missing" : null;
        Int128 nanoseconds = 0;
        ReadOnlySpan<char> rest = text;
        while (why is null && !rest.IsEmpty)
        {
            why = ReadPart(ref rest, out Int128 part);
            nanoseconds += part;
        }

        if (why is null && nanoseconds > (Int128)long.MaxValue * NanosecondsPerTick)
        {
            why = "it is too long";
        }
        else if (why is null && nanoseconds % NanosecondsPerTick != 0)
        {
            why = "it is finer than 100 ns";
        }

        if (why is not null)
        {
            return false;
        }

        duration = TimeSpan.FromTicks((long)(nanoseconds / NanosecondsPerTick));
        return true;
    }

    private static string? ReadPart(scoped ref ReadOnlySpan<char> rest, out Int128 nanoseconds)
    {
        nanoseconds = 0;
        ReadOnlySpan<char> whole = TakeDigits(ref rest);
        ReadOnlySpan<char> fraction = default;
        if (!rest.IsEmpty && rest[0] == '.')
        {
            rest = rest[1..];
            fraction = TakeDigits(ref rest);
        }

        ReadOnlySpan<char> unit = TakeUnit(ref rest);
        if (whole.IsEmpty && fraction.IsEmpty)
        {
            return unit.IsEmpty ? "'.' is not part of a duration" : $"a number is missing before '{unit}'";
        }

        if (unit.IsEmpty)
        {
            return "the unit is missing";
        }

        if (NanosecondsIn(unit) is not Int128 scale)
        {
            return $"unknown unit '{unit.Trim()}'";
        }

        if (whole.Length > MaxDigits || fraction.Length > MaxDigits)
        {
            return $"a number has more than {MaxDigits} digits";
        }

        Int128 denominator = 1;
        foreach (char _ in fraction)
        {
            denominator *= 10;
        }

        Int128 numerator = (Number(whole) * denominator) + Number(fraction);
        (nanoseconds, Int128 remainder) = Int128.DivRem(numerator * scale, denominator);
        return remainder == 0 ? null : "it is finer than 100 ns";
    }

    private static Int128 Number(ReadOnlySpan<char> digits) => digits.IsEmpty ? 0 : Int128.Parse(digits);

    private static ReadOnlySpan<char> TakeDigits(scoped ref ReadOnlySpan<char> rest)
    {
        int length = rest.IndexOfAnyExceptInRange('0', '9');
        return Take(ref rest, length);
    }

    private static ReadOnlySpan<char> TakeUnit(scoped ref ReadOnlySpan<char> rest) => Take(ref rest, rest.IndexOfAny(NumberCharacters));

    private static ReadOnlySpan<char> Take(scoped ref ReadOnlySpan<char> rest, int length)
    {
        ReadOnlySpan<char> taken = length < 0 ? rest : rest[..length];
        rest = rest[taken.Length..];
        return taken;
    }

    private static Int128? NanosecondsIn(ReadOnlySpan<char> unit)
    {
        foreach ((string name, long nanoseconds) in Units)
        {
            if (unit.SequenceEqual(name))
            {
                return nanoseconds;
            }
        }

        return null;
    }
}
