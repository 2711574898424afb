using System.Text;

namespace Sluice.Gateway;

/// <summary>Text in columns, without frames, so that it can be copied.</summary>
/// <param name="headings">The headings; one that starts with <c>&gt;</c> aligns its column to the right.</param>
internal sealed class TextTable(params string[] headings)
{
    private const string Gap = "  ";
    private readonly List<string[]> _rows = [[.. headings.Select(heading => heading.TrimStart('>'))]];

    internal void Add(params string[] cells) => _rows.Add(cells);

    /// <summary>The lines, without spaces at their ends.</summary>
    internal IEnumerable<string> Lines(string indent = "")
    {
        int[] widths = [.. headings.Select((_, column) => _rows.Max(row => row[column].Length))];
        foreach (string[] row in _rows)
        {
            StringBuilder line = new(indent);
            for (int column = 0; column < row.Length; column++)
            {
                line.Append(column == 0 ? "" : Gap)
                    .Append(headings[column].StartsWith('>') ? row[column].PadLeft(widths[column]) : row[column].PadRight(widths[column]));
            }

            yield return line.ToString().TrimEnd();
        }
    }
}
