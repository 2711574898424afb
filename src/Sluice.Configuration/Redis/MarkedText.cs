using System.Collections.Immutable;
using System.Text;

namespace Sluice.Configuration;

/// <summary>A text in which the characters that were written in the file differ from those that a variable or a file supplied.</summary>
/// <remarks>
/// Only a written character separates: whatever a variable holds is one value. A text that is one variable and nothing else
/// counts as written, so that a variable may hold a whole address. Thread safety: immutable.
/// </remarks>
internal sealed class MarkedText
{
    private readonly string _text;
    private readonly bool[] _isValue;
    private readonly int _start;

    internal MarkedText(string text, ImmutableArray<Range> replaced = default)
        : this(text, Marks(text, replaced.IsDefault ? [] : replaced), 0, text.Length)
    {
    }

    private MarkedText(string text, bool[] isValue, int start, int length)
    {
        (_text, _isValue, _start, Length) = (text, isValue, start, length);
    }

    internal int Length { get; }

    /// <summary>Whether all of it was written.</summary>
    internal bool IsWritten => !_isValue.AsSpan(_start, Length).Contains(true);

    /// <summary>The index of the first written character of this value, from an index on; else -1.</summary>
    internal int IndexOf(char c, int from = 0)
    {
        for (int i = from; i < Length; i++)
        {
            if (Is(i, c))
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>The index of the last written character of this value; else -1.</summary>
    internal int LastIndexOf(char c)
    {
        int i = Length - 1;
        while (i >= 0 && !Is(i, c))
        {
            i--;
        }

        return i;
    }

    /// <summary>A part of it.</summary>
    internal MarkedText Slice(int start, int end) => new(_text, _isValue, _start + start, end - start);

    /// <summary>The parts between the places where a character is written.</summary>
    internal List<MarkedText> Split(char separator)
    {
        List<MarkedText> parts = [];
        int start = 0;
        for (int at = IndexOf(separator); at >= 0; at = IndexOf(separator, start))
        {
            parts.Add(Slice(start, at));
            start = at + 1;
        }

        parts.Add(Slice(start, Length));
        return parts;
    }

    /// <summary>Without the white space that is written around it.</summary>
    internal MarkedText Trim()
    {
        (int start, int end) = (0, Length);
        while (start < end && IsWhite(start))
        {
            start++;
        }

        while (end > start && IsWhite(end - 1))
        {
            end--;
        }

        return Slice(start, end);
    }

    /// <summary>With what is written percent-decoded, and values as they are; null where an escape is wrong.</summary>
    internal string? Decoded()
    {
        List<byte> bytes = [];
        for (int i = 0; i < Length; i++)
        {
            if (!Is(i, '%'))
            {
                int length = char.IsHighSurrogate(this[i]) && i + 1 < Length ? 2 : 1;
                bytes.AddRange(Encoding.UTF8.GetBytes(_text.Substring(_start + i, length)));
                i += length - 1;
            }
            else if (i + 2 < Length && char.IsAsciiHexDigit(this[i + 1]) && char.IsAsciiHexDigit(this[i + 2]))
            {
                bytes.Add(Convert.ToByte(_text.Substring(_start + i + 1, 2), 16));
                i += 2;
            }
            else
            {
                return null;
            }
        }

        return Encoding.UTF8.GetString([.. bytes]);
    }

    public override string ToString() => _text.Substring(_start, Length);

    private char this[int index] => _text[_start + index];

    private bool Is(int index, char c) => this[index] == c && !_isValue[_start + index];

    private bool IsWhite(int index) => char.IsWhiteSpace(this[index]) && !_isValue[_start + index];

    private static bool[] Marks(string text, ImmutableArray<Range> replaced)
    {
        bool[] marks = new bool[text.Length];
        if (replaced.Length == 1 && string.IsNullOrWhiteSpace(text[..replaced[0].Start.Value] + text[replaced[0].End.Value..]))
        {
            return marks;
        }

        foreach (Range range in replaced)
        {
            marks.AsSpan(range).Fill(true);
        }

        return marks;
    }
}
