using System.Globalization;
using System.Text;

namespace Sluice.AspNetCore;

/// <summary>Shows the value of a header in a message: quoted, escaped and of bounded length.</summary>
internal static class HeaderText
{
    /// <summary>The most characters of the value that are shown.</summary>
    internal const int MaxShown = 100;

    /// <summary>The value in quotes; characters other than printable ASCII are escaped, and a longer value is cut.</summary>
    internal static string Quote(string value)
    {
        StringBuilder shown = new("'");
        foreach (char c in value.AsSpan(0, Math.Min(value.Length, MaxShown)))
        {
            _ = c is >= ' ' and <= '~' and not '\'' and not '\\'
                ? shown.Append(c)
                : shown.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
        }

        return shown.Append(value.Length > MaxShown ? "…'" : "'").ToString();
    }
}
