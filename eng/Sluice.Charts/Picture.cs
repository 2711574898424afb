using System.Globalization;
using System.Text;

namespace Sluice.Charts;

/// <summary>What all charts have in common: their colours, in light and dark, and their titles.</summary>
internal static class Picture
{
    /// <summary>Begins a chart: its size, its colours, and what it shows.</summary>
    internal static void Begin(StringBuilder svg, int width, int height, int left, string title, string description)
    {
        svg.Append(CultureInfo.InvariantCulture, $"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" aria-labelledby="title description">""").Append('\n');
        svg.Append(CultureInfo.InvariantCulture, $"<title id=\"title\">{title}</title>\n<desc id=\"description\">{description}</desc>\n{SvgStyle.Element}\n");
        svg.Append(CultureInfo.InvariantCulture, $"<rect width=\"{width}\" height=\"{height}\" fill=\"var(--ground)\"/>\n");
        svg.Append(CultureInfo.InvariantCulture, $"<text class=\"title\" x=\"{left}\" y=\"26\">{title}</text>\n");
    }

    /// <summary>A number of an attribute, with at most two decimals.</summary>
    internal static string Text(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);
}
