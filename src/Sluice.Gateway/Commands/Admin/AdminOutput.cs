using System.Globalization;
using Sluice.Configuration;
using Spectre.Console;

namespace Sluice.Gateway;

/// <summary>Prints what a gateway answered.</summary>
/// <remarks>
/// Colours are for terminals: not where the output is a file or a pipe, nor with <c>NO_COLOR</c>. A terminal's width is kept; a file
/// has lines of any length.
/// </remarks>
internal static class AdminOutput
{
    private const int Wide = 10_000;
    private const string Bars = " ▁▂▃▄▅▆▇█";

    /// <summary>The output.</summary>
    internal static IAnsiConsole Open()
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings());
        if (Console.IsOutputRedirected)
        {
            console.Profile.Width = Wide;
        }

        return console;
    }

    /// <summary>A cell of a table: one line, and nothing that moves a terminal's cursor.</summary>
    internal static AdminCell Cell(string? text, Color? color = null) =>
        new(text is null ? "-" : Shown.Message(text), color is Color some ? new Style(some) : Style.Plain);

    /// <summary>A number, in red where it is a number to look at.</summary>
    internal static AdminCell Cell(long number, bool isBad = false) => Cell(Number(number), isBad && number > 0 ? Color.Red : null);

    /// <summary>A number with a comma between thousands.</summary>
    internal static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>A number of things: <c>1 server</c>, <c>2 servers</c>.</summary>
    internal static string Count(long number, string thing) => $"{Number(number)} {thing}{(number == 1 ? "" : "s")}";

    /// <summary>A rate of calls.</summary>
    internal static string PerSecond(double rate) => rate.ToString("0.#", CultureInfo.InvariantCulture) + "/s";

    /// <summary>A duration in its two largest units.</summary>
    internal static string Duration(long? milliseconds)
    {
        if (milliseconds is not long some)
        {
            return "never";
        }

        TimeSpan time = TimeSpan.FromMilliseconds(some);
        return time.TotalDays >= 1 ? $"{(long)time.TotalDays}d {time.Hours}h"
            : time.TotalHours >= 1 ? $"{time.Hours}h {time.Minutes}m"
            : time.TotalMinutes >= 1 ? $"{time.Minutes}m {time.Seconds}s"
            : string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.###}s");
    }

    /// <summary>An instant.</summary>
    internal static string Instant(DateTimeOffset instant) =>
        instant.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    /// <summary>Counts as bars, each of several steps.</summary>
    /// <param name="counts">The counts.</param>
    /// <param name="bars">How many bars; a divisor of the number of counts.</param>
    internal static string Chart(long[] counts, int bars)
    {
        long[] sums = [.. counts.Chunk(Math.Max(1, counts.Length / bars)).Select(chunk => chunk.Sum())];
        long most = Math.Max(1, sums.Max());
        return string.Concat(sums.Select(sum => Bars[(int)((sum * (Bars.Length - 1) + most - 1) / most)]));
    }
}
