namespace Sluice.Configuration;

/// <summary>Reads a text piece by piece, and adds a fault for each character that is not allowed and each tab that indents.</summary>
/// <param name="faults">Takes what is wrong.</param>
internal sealed class CharacterCheck(FaultList faults)
{
    private int _firstTabColumn;
    private int _highSurrogateColumn;
    private char _highSurrogate;
    private bool _isIndentation = true;
    private bool _followsCarriageReturn;

    /// <summary>The line of the next character, from 1.</summary>
    internal int Line { get; private set; } = 1;

    /// <summary>The column of the next character, from 1, in UTF-16 code units.</summary>
    internal int Column { get; private set; } = 1;

    /// <summary>Checks the next piece of the text.</summary>
    internal void Read(ReadOnlySpan<char> text)
    {
        foreach (char c in text)
        {
            Read(c);
        }
    }

    /// <summary>The text has ended.</summary>
    internal void End() => RejectHalf();

    private void Read(char c)
    {
        if (_highSurrogateColumn > 0 && char.IsLowSurrogate(c))
        {
            _highSurrogateColumn = 0;
            Column++;
            return;
        }

        RejectHalf();
        if (c is '\n' or '\r')
        {
            EndLine(c);
            return;
        }

        _followsCarriageReturn = false;
        if (c == '\t' && _isIndentation)
        {
            _firstTabColumn = _firstTabColumn == 0 ? Column : _firstTabColumn;
        }
        else if (c != ' ' || !_isIndentation)
        {
            ReadContent(c);
        }

        Column++;
    }

    private void ReadContent(char c)
    {
        if (_firstTabColumn > 0)
        {
            faults.Add(Line, _firstTabColumn, "", "a tab indents this line. Indent with spaces.");
            _firstTabColumn = 0;
        }

        if (char.IsHighSurrogate(c))
        {
            (_highSurrogate, _highSurrogateColumn) = (c, Column);
        }
        else if (Characters.IsForbidden(c))
        {
            Reject(c, Column);
            return; // As if it were not there: what indents the rest of the line is still checked.
        }

        _isIndentation = false;
    }

    private void EndLine(char c)
    {
        bool isSecondOfTwo = c == '\n' && _followsCarriageReturn;
        Line += isSecondOfTwo ? 0 : 1;
        Column = 1;
        _followsCarriageReturn = c == '\r';
        _firstTabColumn = 0;
        _isIndentation = true;
    }

    private void RejectHalf()
    {
        if (_highSurrogateColumn > 0)
        {
            Reject(_highSurrogate, _highSurrogateColumn);
            _highSurrogateColumn = 0;
        }
    }

    private void Reject(char c, int column)
    {
        string escape = $"\"\\u{(int)c:x4}\"";
        faults.Add(Line, column, "", $"the character U+{(int)c:X4} is not allowed. Remove it, or write {escape}.");
    }
}
