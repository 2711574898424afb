using System.Globalization;
using System.Text;

namespace Sluice.Gateway;

/// <summary>Logs the lines of a program: as text that moves no terminal's cursor, and only a bounded number of them.</summary>
/// <param name="time">The clock of the bound.</param>
/// <param name="write">Logs a line.</param>
/// <param name="writeDropped">Logs how many lines were left out before the next one.</param>
/// <remarks>Thread safety: any number of threads.</remarks>
internal sealed class ProgramLog(TimeProvider time, Action<string> write, Action<long> writeDropped)
{
    /// <summary>The most lines in a <see cref="Window"/>.</summary>
    internal const int MaxLines = 100;

    internal static readonly TimeSpan Window = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private long _windowTimestamp = time.GetTimestamp();
    private int _lines;
    private long _dropped;

    internal void Write(Line line)
    {
        long dropped;
        lock (_gate)
        {
            if (time.GetElapsedTime(_windowTimestamp) >= Window)
            {
                _windowTimestamp = time.GetTimestamp();
                _lines = 0;
            }

            if (_lines >= MaxLines)
            {
                _dropped++;
                return;
            }

            _lines++;
            (dropped, _dropped) = (_dropped, 0);
        }

        if (dropped > 0)
        {
            writeDropped(dropped);
        }

        write(TextOf(line));
    }

    private static string TextOf(Line line)
    {
        string text = Encoding.UTF8.GetString(line.Bytes.Span);
        StringBuilder shown = new(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            bool moves = Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format
                or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;
            _ = moves && rune.Value != '\t'
                ? shown.Append(CultureInfo.InvariantCulture, $"\\u{rune.Value:x4}")
                : shown.Append(rune.ToString());
        }

        return line.IsWhole ? shown.ToString() : shown.Append('…').ToString();
    }
}
