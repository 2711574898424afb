using System.Globalization;
using System.Net;
using System.Text;
using Sluice.Charts;

namespace Sluice.Gateway;

/// <summary>
/// The calls of a simulation over time, as a picture: a bar for each part of the time, allowed calls below rejected ones.
/// </summary>
internal static class SvgChart
{
    private const int Width = 720;
    private const int Height = 300;
    private const int Left = 62;
    private const int Right = 16;
    private const int Top = 64;
    private const int Bottom = 62;
    private const int Lines = 4;

    internal static string Draw(SimulationReport report, string title)
    {
        long top = Math.Max(1, Enumerable.Range(0, SimulationTally.Columns).Max(column => report.AllowedSeries[column] + report.RefusedSeries[column]));
        string text = WebUtility.HtmlEncode(title);
        string part = RateText.Duration(TerminalChart.ColumnOf(report));
        StringBuilder svg = new();
        Append(svg, $"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {Width} {Height}" role="img" aria-labelledby="title description">""");
        Append(svg, $"<title id=\"title\">{text}</title>");
        Append(svg, $"<desc id=\"description\">Of {report.Calls} calls in {TerminalChart.End(report)}, {report.Allowed} are allowed and {report.Refused} are rejected.</desc>");
        Append(svg, $"{SvgStyle.Element}");
        Append(svg, $"<rect width=\"{Width}\" height=\"{Height}\" fill=\"var(--ground)\"/>");
        Append(svg, $"<text class=\"title\" x=\"{Left}\" y=\"26\">{text}</text>");
        Append(svg, $"<text class=\"soft\" x=\"{Left}\" y=\"47\">calls per {part}</text>");
        Axes(svg, report, top);
        for (int column = 0; column < SimulationTally.Columns; column++)
        {
            Bar(svg, column, 0, report.AllowedSeries[column], top, "yes");
            Bar(svg, column, report.AllowedSeries[column], report.RefusedSeries[column], top, "no");
        }

        const int Legend = Height - 16;
        Append(svg, $"<rect x=\"{Left}\" y=\"{Legend - 10}\" width=\"10\" height=\"10\" fill=\"var(--yes)\"/><text x=\"{Left + 16}\" y=\"{Legend}\">allowed, {SimulationText.Number(report.Allowed)}</text>");
        Append(svg, $"<rect x=\"{Left + 190}\" y=\"{Legend - 10}\" width=\"10\" height=\"10\" fill=\"var(--no)\"/><text x=\"{Left + 206}\" y=\"{Legend}\">rejected, {SimulationText.Number(report.Refused)}</text>");
        return svg.Append("</svg>\n").ToString();
    }

    private static void Axes(StringBuilder svg, SimulationReport report, long top)
    {
        for (int line = 0; line <= Lines; line++)
        {
            double y = Y((double)line / Lines);
            Append(svg, $"<line class=\"grid\" x1=\"{Left}\" x2=\"{Width - Right}\" y1=\"{y:0.##}\" y2=\"{y:0.##}\"/><text class=\"soft\" x=\"{Left - 8}\" y=\"{y + 4:0.##}\" text-anchor=\"end\">{(double)top * line / Lines:0.#}</text>");
            double x = Left + ((double)line / Lines * (Width - Left - Right));
            string at = TerminalChart.Rounded(report.Length * line / Lines);
            string anchor = line == 0 ? "start" : line == Lines ? "end" : "middle";
            Append(svg, $"<text class=\"soft\" x=\"{x:0.##}\" y=\"{Height - Bottom + 18}\" text-anchor=\"{anchor}\">{at}</text>");
        }
    }

    private static void Bar(StringBuilder svg, int column, long from, long count, long top, string color)
    {
        if (count == 0)
        {
            return;
        }

        double step = (double)(Width - Left - Right) / SimulationTally.Columns;
        double above = Y((double)(from + count) / top);
        double height = Y((double)from / top) - above;
        Append(svg, $"<rect x=\"{Left + (column * step):0.##}\" y=\"{above:0.##}\" width=\"{step - 1:0.##}\" height=\"{height:0.##}\" fill=\"var(--{color})\"/>");
    }

    private static double Y(double share) => Height - Bottom - (share * (Height - Top - Bottom));

    private static void Append(StringBuilder svg, FormattableString line) =>
        svg.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');
}
