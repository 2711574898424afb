using System.Text;

namespace Sluice.Gateway;

/// <summary>The calls of a simulation over time, in characters.</summary>
internal static class TerminalChart
{
    private const int Rows = 8;
    private const char Allowed = '█';
    private const char Refused = '░';

    internal static IEnumerable<string> Lines(SimulationReport report)
    {
        long top = Enumerable.Range(0, SimulationTally.Columns).Max(column => report.AllowedSeries[column] + report.RefusedSeries[column]);
        int width = SimulationText.Number(top).Length;
        yield return $"  calls per {RateText.Duration(ColumnOf(report))}: {Allowed} allowed {Refused} rejected";
        for (int row = Rows; row > 0; row--)
        {
            StringBuilder line = new("  ");
            line.Append((row == Rows ? SimulationText.Number(top) : "").PadLeft(width)).Append(row == Rows ? " ┤" : " │");
            for (int column = 0; column < SimulationTally.Columns; column++)
            {
                line.Append(At(report, column, row, top));
            }

            yield return line.ToString().TrimEnd();
        }

        yield return $"  {"0".PadLeft(width)} ┼{new string('─', SimulationTally.Columns)}";
        yield return $"  {"".PadLeft(width)}  {"0s".PadRight(SimulationTally.Columns - End(report).Length)}{End(report)}";
    }

    /// <summary>The time that a column represents.</summary>
    internal static TimeSpan ColumnOf(SimulationReport report)
    {
        TimeSpan exact = report.Length / SimulationTally.Columns;
        return exact > TimeSpan.FromSeconds(1)
            ? TimeSpan.FromSeconds(Math.Round(exact.TotalSeconds))
            : TimeSpan.FromMilliseconds(Math.Max(1, Math.Round(exact.TotalMilliseconds)));
    }

    /// <summary>The length of the traffic, as exactly as people want to know it.</summary>
    internal static string End(SimulationReport report) => Rounded(report.Length);

    /// <summary>A time to the second; to the millisecond where it is short.</summary>
    internal static string Rounded(TimeSpan time) => RateText.Duration(time > TimeSpan.FromSeconds(10)
        ? TimeSpan.FromSeconds(Math.Round(time.TotalSeconds))
        : TimeSpan.FromMilliseconds(Math.Round(time.TotalMilliseconds)));

    // A column is as high as its share of the highest, and what is there at all is never invisible.
    private static char At(SimulationReport report, int column, int row, long top)
    {
        long allowed = report.AllowedSeries[column];
        long all = allowed + report.RefusedSeries[column];
        double height = all == 0 ? 0 : Math.Max(1, Math.Round((double)all / top * Rows));
        double ofAllowed = all == 0 ? 0 : Math.Round(height * allowed / all);
        ofAllowed = allowed > 0 && ofAllowed < 1 && height > 1 ? 1 : ofAllowed;
        ofAllowed = all > allowed && ofAllowed >= height ? height - 1 : ofAllowed;
        return row > height ? ' ' : row <= ofAllowed ? Allowed : Refused;
    }
}
