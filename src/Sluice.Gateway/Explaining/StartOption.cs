using System.CommandLine;
using System.Globalization;
using Sluice.Configuration;

namespace Sluice.Gateway;

/// <summary>The option <c>--start</c>: what the wall clock shows, for windows of the calendar.</summary>
internal static class StartOption
{
    private const int FirstYear = 1970;
    private const int LastYear = 9000;

    /// <param name="meaning">The time that the clock shows when the option is left out.</param>
    internal static Option<string?> Create(string meaning) => new("--start") { Description = meaning, HelpName = "INSTANT" };

    /// <summary>Reads the instant; the default where the option is left out.</summary>
    internal static bool TryRead(
        ParseResult parsed, Option<string?> option, DateTimeOffset without, out DateTimeOffset start, out string? why)
    {
        start = without;
        why = parsed.GetValue(option) is not string text
            || (DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out start)
                && start.UtcDateTime.Year is >= FirstYear and <= LastYear)
            ? null
            : $"--start: {Shown.Quote(text)} is not an instant of the years {FirstYear} to {LastYear}. "
                + "Write one such as 2026-03-01T00:00:00Z.";
        return why is null;
    }
}
