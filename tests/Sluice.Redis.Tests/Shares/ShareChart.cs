using System.Globalization;
using System.Text;
using Sluice.Charts;

namespace Sluice.Redis.Tests;

/// <summary>Draws how much of what one exact store admits shares admit, against the demand, as the simulation measures it.</summary>
/// <remarks>Arguments: <c>shares-chart FILE</c>. The same code draws the same chart.</remarks>
internal static class ShareChart
{
    internal const string Word = "shares-chart";

    private const int Rate = 100;
    private const int Width = 720;
    private const int Height = 340;
    private const int Left = 60;
    private const int Right = 16;
    private const int Top = 64;
    private const int Bottom = 78;
    private const double LastLoad = 4;
    private const double GridStep = 0.05;

    private static readonly double[] Loads = [0.5, 0.75, 0.9, 1, 1.1, 1.25, 1.5, 2, 2.5, 3, 3.5, LastLoad];

    private static readonly (CallPattern Pattern, string Name, string Style, int LegendAt)[] Lines =
    [
        (CallPattern.Even, "all processes alike", "level", 0),
        (CallPattern.Uneven, "one has ten times the calls", "level other", 175),
        (CallPattern.Shift, "each second another one", "held", 415),
    ];

    internal static int Run(string path)
    {
        File.WriteAllText(path, Draw());
        Console.WriteLine(path);
        return 0;
    }

    /// <summary>The chart, as SVG.</summary>
    internal static string Draw()
    {
        double[][] ratios = [.. Lines.Select(line => Loads.AsParallel().AsOrdered().Select(load => RatioOf(line.Pattern, load)).ToArray())];
        double lowest = Math.Floor(ratios.SelectMany(line => line).Min() / GridStep) * GridStep;
        double Y(double ratio) => Height - Bottom - ((ratio - lowest) / (1 - lowest) * (Height - Top - Bottom));
        StringBuilder svg = new();
        Picture.Begin(svg, Width, Height, Left, $"Shares over one exact store, three processes, {Rate} tokens a second", Describe(ratios));
        svg.Append(CultureInfo.InvariantCulture, $"<text class=\"soft\" x=\"{Left}\" y=\"47\">admitted calls, one exact store = 1</text>\n");
        for (double ratio = 1; ratio > lowest - (GridStep / 2); ratio -= GridStep)
        {
            string y = Picture.Text(Y(ratio));
            svg.Append(CultureInfo.InvariantCulture, $"<line class=\"grid\" x1=\"{Left}\" x2=\"{Width - Right}\" y1=\"{y}\" y2=\"{y}\"/>");
            svg.Append(CultureInfo.InvariantCulture, $"<text class=\"soft\" x=\"{Left - 10}\" y=\"{Picture.Text(Y(ratio) + 4)}\" text-anchor=\"end\">{Picture.Text(ratio)}</text>\n");
        }

        for (double load = 0; load <= LastLoad; load++)
        {
            string x = Picture.Text(X(load));
            svg.Append(CultureInfo.InvariantCulture, $"<line class=\"grid\" x1=\"{x}\" x2=\"{x}\" y1=\"{Top}\" y2=\"{Height - Bottom}\"/>");
            svg.Append(CultureInfo.InvariantCulture, $"<text class=\"soft\" x=\"{x}\" y=\"{Height - Bottom + 18}\" text-anchor=\"middle\">{load}</text>\n");
        }

        svg.Append(CultureInfo.InvariantCulture, $"<text class=\"soft\" x=\"{(Width + Left - Right) / 2}\" y=\"{Height - Bottom + 36}\" text-anchor=\"middle\">demand, as a multiple of the rate</text>\n");
        foreach ((int index, (_, string name, string style, int legendAt)) in Lines.Index())
        {
            string points = string.Join(' ', Loads.Zip(ratios[index], (load, ratio) => $"{Picture.Text(X(load))},{Picture.Text(Y(Math.Min(1, ratio)))}"));
            int x = Left + legendAt;
            svg.Append(CultureInfo.InvariantCulture, $"<polyline class=\"{style}\" fill=\"none\" points=\"{points}\"/>");
            svg.Append(CultureInfo.InvariantCulture, $"<line class=\"{style}\" x1=\"{x}\" x2=\"{x + 20}\" y1=\"{Height - 18}\" y2=\"{Height - 18}\"/>");
            svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{x + 26}\" y=\"{Height - 14}\">{name}</text>\n");
        }

        return svg.Append("</svg>\n").ToString();
    }

    private static string Describe(double[][] ratios) => string.Join(' ', Lines.Zip(ratios, (line, of) =>
        $"{line.Name}: {string.Join(", ", Loads.Zip(of, (load, ratio) => string.Create(CultureInfo.InvariantCulture, $"{ratio:0.000} at {load:0.##}")))}."));

    private static double X(double load) => Left + (load / LastLoad * (Width - Left - Right));

    private static double RatioOf(CallPattern pattern, double load)
    {
        Simulation simulation = new(new()
        {
            Seed = 1,
            Ttl = 3_000_000,
            Duration = 60_000_000,
            MeasuredFrom = 5_000_000,
            Capacity = Rate,
            Rate = Rate,
            Pattern = pattern,
            Load = load,
            Slowest = -1_000,
        });
        return simulation.Run() is string fault ? throw new InvalidOperationException(fault) : simulation.Counts.AdmittedRatio;
    }
}
