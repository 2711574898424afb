using Spectre.Console;

namespace Sluice.Gateway;

/// <summary>A table that fits the terminal without breaking a word or leaving a value out.</summary>
/// <remarks>
/// Where the lines are too long, the headers wrap between their words; then the details of a row move to a second line; then the first
/// column moves above the rows that have the same value there; then each row becomes a block with a line for each column.
/// </remarks>
internal sealed class AdminTable
{
    private const int Gap = 2;
    private const int MinBeside = 10; // A value beside its name has at least this many columns.
    private const string Indent = "  ";
    private static readonly Style Bold = new(decoration: Decoration.Bold);

    private readonly List<Column> _columns = [];
    private readonly List<AdminCell[]> _rows = [];

    /// <summary>Adds a column of text.</summary>
    internal AdminTable Text(string name, bool isDetail = false) => Add(new Column(name, IsNumber: false, isDetail));

    /// <summary>Adds a column of numbers, to the right.</summary>
    internal AdminTable Number(string name, bool isDetail = false) => Add(new Column(name, IsNumber: true, isDetail));

    /// <summary>Adds a row: a cell for each column.</summary>
    internal void AddRow(params AdminCell[] cells) => _rows.Add(cells);

    /// <summary>Prints the table.</summary>
    internal void Write(IAnsiConsole console)
    {
        int[] all = [.. Enumerable.Range(0, _columns.Count)];
        int[] main = [.. all.Where(i => !_columns[i].IsDetail)];
        foreach ((int[] shown, bool wraps, int indent) in new[] { (all, false, 0), (all, true, 0), (main, true, 0), (main[1..], true, Indent.Length) })
        {
            int[] widths = [.. shown.Select(i => Width(i, wraps))];
            if (indent + widths.Sum() + (Gap * (widths.Length - 1)) <= console.Profile.Width)
            {
                WriteLines(console, shown, widths, indent);
                return;
            }
        }

        WriteBlocks(console);
    }

    private AdminTable Add(Column column)
    {
        _columns.Add(column);
        return this;
    }

    private int Width(int column, bool wraps)
    {
        string name = _columns[column].Name;
        int header = wraps ? name.Split(' ').Max(word => word.GetCellWidth()) : name.GetCellWidth();
        return _rows.Select(row => row[column].Text.GetCellWidth()).Append(header).Max();
    }

    private void WriteLines(IAnsiConsole console, int[] shown, int[] widths, int indent)
    {
        bool isGrouped = shown[0] != 0;
        if (isGrouped)
        {
            WriteText(console, new AdminCell(_columns[0].Name, Bold), 0);
        }

        List<string>[] headers = [.. shown.Select((column, i) => Wrap(_columns[column].Name, widths[i]))];
        int height = headers.Max(lines => lines.Count);
        for (int line = 0; line < height; line++)
        {
            // The last lines of the headers are next to the rows.
            WriteLine(console, shown, widths, indent, [.. headers.Select(lines =>
                new AdminCell(lines.ElementAtOrDefault(line - height + lines.Count) ?? "", Bold))]);
        }

        string? group = null;
        foreach (AdminCell[] row in _rows)
        {
            if (isGrouped && row[0].Text != group)
            {
                group = row[0].Text;
                WriteText(console, row[0], 0);
            }

            WriteLine(console, shown, widths, indent, [.. shown.Select(column => row[column])]);
            if (shown.Length < _columns.Count)
            {
                IEnumerable<string> details = _columns.Zip(row)
                    .Where(pair => pair.First.IsDetail && pair.Second.Text.Length > 0)
                    .Select(pair => $"{pair.First.Name}: {pair.Second.Text}");
                WriteText(console, new AdminCell(string.Join("; ", details), Style.Plain), indent + Indent.Length);
            }
        }
    }

    private static void WriteText(IAnsiConsole console, AdminCell cell, int indent) =>
        console.Write(new Padder(cell.ToText(), new Padding(indent, 0, 0, 0)));

    private void WriteLine(IAnsiConsole console, int[] shown, int[] widths, int indent, AdminCell[] cells)
    {
        Paragraph line = new();
        int used = 0;
        int at = indent;
        for (int i = 0; i < cells.Length; at += widths[i] + Gap, i++)
        {
            int length = cells[i].Text.GetCellWidth();
            int start = _columns[shown[i]].IsNumber ? at + widths[i] - length : at;
            if (length > 0)
            {
                line.Append(new string(' ', start - used)).Append(cells[i].Text, cells[i].Style);
                used = start + length;
            }
        }

        console.Write(line);
        console.WriteLine();
    }

    private void WriteBlocks(IAnsiConsole console)
    {
        int names = _columns.Max(column => column.Name.GetCellWidth());
        bool areBeside = names + Gap + MinBeside <= console.Profile.Width;
        foreach (AdminCell[] row in _rows)
        {
            if (!areBeside)
            {
                foreach ((Column column, AdminCell cell) in _columns.Zip(row))
                {
                    WriteText(console, new AdminCell($"{column.Name}: {cell.Text}", cell.Style), 0);
                }

                console.WriteLine();
                continue;
            }

            Grid block = new Grid().AddColumn(new GridColumn().NoWrap()).AddColumn();
            foreach ((Column column, AdminCell cell) in _columns.Zip(row))
            {
                block.AddRow(new Text(column.Name, Bold), cell.ToText());
            }

            console.Write(block);
            console.WriteLine();
        }
    }

    private static List<string> Wrap(string name, int width)
    {
        List<string> lines = [];
        foreach (string word in name.Split(' '))
        {
            if (lines.Count > 0 && lines[^1].GetCellWidth() + 1 + word.GetCellWidth() <= width)
            {
                lines[^1] += " " + word;
            }
            else
            {
                lines.Add(word);
            }
        }

        return lines;
    }

    private sealed record Column(string Name, bool IsNumber, bool IsDetail);
}

/// <summary>A cell of a table: one line of text that moves no cursor.</summary>
internal readonly record struct AdminCell(string Text, Style Style)
{
    internal Text ToText() => new(Text, Style);
}
