namespace Sluice.Mcp;

/// <summary>Finds out from the body of an HTTP answer whether a call needs input from its client, as the body passes.</summary>
/// <remarks>
/// <para>It looks at the first answer in the body. Nothing is kept of what has passed.</para>
/// <para>Source: WHATWG HTML, section 9.2.6, Interpreting an event stream.</para>
/// <para>Thread safety: one thread at a time.</para>
/// </remarks>
/// <param name="isEventStream">Whether the body is a stream of server-sent events; otherwise it is one message.</param>
internal sealed class AnswerScanner(bool isEventStream)
{
    private readonly ResultTypeScanner _message = new();
    private Line _line;
    private int _fieldLength;
    private bool _wasCarriageReturn;

    private enum Line
    {
        Start,
        Data,
        Other,
    }

    /// <summary>Whether nothing in the rest of the body matters.</summary>
    internal bool HasEnded => _message is { HasEnded: true, IsAnswer: true } || (_message.HasEnded && !isEventStream);

    /// <summary>Whether the answer says that the call needs input from its client.</summary>
    internal bool IsInputRequired => _message is { HasEnded: true, IsInputRequired: true };

    private static ReadOnlySpan<byte> DataField => "data:"u8;

    /// <summary>Reads the next bytes of the body.</summary>
    internal void Read(ReadOnlySpan<byte> bytes)
    {
        if (!isEventStream)
        {
            _message.Read(bytes);
            return;
        }

        while (!HasEnded && !bytes.IsEmpty)
        {
            bytes = ReadLine(bytes);
        }
    }

    private ReadOnlySpan<byte> ReadLine(ReadOnlySpan<byte> bytes)
    {
        int end = bytes.IndexOfAny((byte)'\r', (byte)'\n');
        ReadOnlySpan<byte> part = end < 0 ? bytes : bytes[..end];
        while (_line == Line.Start && !part.IsEmpty)
        {
            bool matches = part[0] == DataField[_fieldLength];
            _line = !matches ? Line.Other : ++_fieldLength == DataField.Length ? Line.Data : Line.Start;
            part = part[1..];
        }

        if (_line == Line.Data)
        {
            _message.Read(part);
        }

        if (end < 0)
        {
            _wasCarriageReturn = false;
            return default;
        }

        bool isSecondHalf = end == 0 && bytes[0] == (byte)'\n' && _wasCarriageReturn;
        _wasCarriageReturn = bytes[end] == (byte)'\r';
        if (!isSecondHalf)
        {
            EndLine();
        }

        return bytes[(end + 1)..];
    }

    private void EndLine()
    {
        bool isBlank = _line == Line.Start && _fieldLength == 0;
        if (isBlank && !HasEnded)
        {
            _message.Reset();
        }

        _line = Line.Start;
        _fieldLength = 0;
    }
}
