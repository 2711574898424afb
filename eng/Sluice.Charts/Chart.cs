using System.Globalization;
using System.Text;

namespace Sluice.Charts;

/// <summary>Draws a recording: tokens against time, and below them the calls.</summary>
internal static class Chart
{
    private const int Width = 720;
    private const int Height = 300;
    private const int Left = 52;
    private const int Right = 16;
    private const int Top = 64;
    private const int Bottom = 86;

    internal static string Draw(Scenario scenario, Recording recording)
    {
        int admitted = recording.Calls.Count(call => call.IsAdmitted);
        string description =
            $"{scenario.Text}: of {recording.Calls.Length} calls in {scenario.Length} {scenario.UnitName} {admitted} are admitted, "
            + $"at {string.Join(", ", recording.Calls.Where(call => call.IsAdmitted).Select(call => Picture.Text(call.At)))} {scenario.UnitName}.";
        StringBuilder svg = new();
        Picture.Begin(svg, Width, Height, Left, scenario.Title, description);
        svg.Append(CultureInfo.InvariantCulture, $"<text class=\"soft\" x=\"{Left}\" y=\"47\">tokens left</text>\n");
        Axes(svg, scenario);
        Levels(svg, scenario, recording);
        Calls(svg, scenario, recording, admitted);
        return svg.Append("</svg>\n").ToString();
    }

    private static void Axes(StringBuilder svg, Scenario scenario)
    {
        for (int tokens = 0; tokens <= scenario.Capacity; tokens++)
        {
            string y = Picture.Text(Y(scenario, tokens));
            svg.Append(CultureInfo.InvariantCulture, $"<line class=\"grid\" x1=\"{Left}\" x2=\"{Width - Right}\" y1=\"{y}\" y2=\"{y}\"/>");
            svg.Append(CultureInfo.InvariantCulture, $"<text class=\"soft\" x=\"{Left - 10}\" y=\"{Picture.Text(Y(scenario, tokens) + 4)}\" text-anchor=\"end\">{tokens}</text>\n");
        }

        for (int at = 0; at <= scenario.Length; at += scenario.Grid)
        {
            string x = Picture.Text(X(scenario, at));
            svg.Append(CultureInfo.InvariantCulture, $"<line class=\"grid\" x1=\"{x}\" x2=\"{x}\" y1=\"{Top}\" y2=\"{Height - Bottom}\"/>");
            svg.Append(CultureInfo.InvariantCulture, $"<text class=\"soft\" x=\"{x}\" y=\"{Height - Bottom + 18}\" text-anchor=\"middle\">{at} {scenario.UnitSymbol}</text>\n");
        }
    }

    private static void Levels(StringBuilder svg, Scenario scenario, Recording recording)
    {
        string ground = Picture.Text(Y(scenario, 0));
        foreach ((int index, (double At, double Tokens)[] level) in recording.Levels.Index())
        {
            string points = string.Join(' ', level.Select(point => $"{Picture.Text(X(scenario, point.At))},{Picture.Text(Y(scenario, point.Tokens))}"));
            string other = index == 0 ? "" : " other";
            svg.Append(CultureInfo.InvariantCulture, $"<polygon class=\"area{other}\" points=\"{Left},{ground} {points} {Width - Right},{ground}\"/>\n");
            svg.Append(CultureInfo.InvariantCulture, $"<polyline class=\"level{other}\" points=\"{points}\"/>\n");
        }
    }

    private static void Calls(StringBuilder svg, Scenario scenario, Recording recording, int admitted)
    {
        const int Row = Height - 46;
        foreach ((double at, bool isAdmitted) in recording.Calls)
        {
            string x = Picture.Text(X(scenario, at));
            svg.Append(isAdmitted
                ? $"<circle class=\"yes\" cx=\"{x}\" cy=\"{Row}\" r=\"4\"/>\n"
                : $"<circle class=\"no\" cx=\"{x}\" cy=\"{Row}\" r=\"3.25\"/>\n");
        }

        const int Legend = Height - 16;
        svg.Append(CultureInfo.InvariantCulture, $"<circle class=\"yes\" cx=\"{Left + 4}\" cy=\"{Legend - 4}\" r=\"4\"/><text x=\"{Left + 15}\" y=\"{Legend}\">admitted, {admitted}</text>\n");
        svg.Append(CultureInfo.InvariantCulture, $"<circle class=\"no\" cx=\"{Left + 134}\" cy=\"{Legend - 4}\" r=\"3.25\"/><text x=\"{Left + 145}\" y=\"{Legend}\">rejected, {recording.Calls.Length - admitted}</text>\n");
    }

    private static double X(Scenario scenario, double at) => Left + (at / scenario.Length * (Width - Left - Right));

    private static double Y(Scenario scenario, double tokens) =>
        Height - Bottom - (tokens / scenario.Capacity * (Height - Top - Bottom));
}
