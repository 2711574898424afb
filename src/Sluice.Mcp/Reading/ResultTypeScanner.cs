using System.Buffers;

namespace Sluice.Mcp;

/// <summary>Finds <c>result.resultType</c> in the bytes of one JSON-RPC message, in whatever pieces they come.</summary>
/// <remarks>
/// <para>
/// It keeps nothing but a position and a name of at most 16 bytes, so a message of any size costs no memory. It does not check
/// the JSON: the message is the server's, and its client reads it. Of equal keys the last one counts, as for most parsers.
/// </para>
/// <para>Source: Model Context Protocol, revision 2026-07-28, multi round-trip requests.</para>
/// <para>Thread safety: one thread at a time.</para>
/// </remarks>
internal sealed class ResultTypeScanner
{
    private const int LongestName = 16;
    private static readonly SearchValues<byte> InString = SearchValues.Create("\"\\"u8);
    private static readonly SearchValues<byte> Nested = SearchValues.Create("{}[]\""u8);
    private static readonly SearchValues<byte> Outer = SearchValues.Create("{}[]\",:"u8);
    private readonly byte[] _name = new byte[LongestName];
    private int _nameLength;
    private bool _isEscaped;
    private bool _isInString;
    private bool _isInResult;
    private bool _isValueOfMessage;
    private bool _isValueOfResult;
    private bool _isResultKey;
    private bool _isTypeKey;
    private int _depth;

    /// <summary>Whether the message has ended.</summary>
    internal bool HasEnded { get; private set; }

    /// <summary>Whether the message is an answer: it has a result or an error.</summary>
    internal bool IsAnswer { get; private set; }

    /// <summary>Whether the result says that the call needs input from its client, and is to be sent again with it.</summary>
    internal bool IsInputRequired { get; private set; }

    /// <summary>Begins with another message.</summary>
    internal void Reset()
    {
        _depth = 0;
        _nameLength = 0;
        _isEscaped = _isInString = _isInResult = _isValueOfMessage = _isValueOfResult = _isResultKey = _isTypeKey = false;
        HasEnded = IsAnswer = IsInputRequired = false;
    }

    /// <summary>Reads the next bytes of the message; those after its end are ignored.</summary>
    internal void Read(ReadOnlySpan<byte> bytes)
    {
        while (!HasEnded && !bytes.IsEmpty)
        {
            bytes = _isInString ? ReadString(bytes) : ReadStructure(bytes);
        }
    }

    // Only keys of the message and of its result matter; elsewhere the scanner follows the nesting alone.
    private bool IsOuter => _depth == 1 || (_depth == 2 && _isInResult);

    private ReadOnlySpan<byte> ReadString(ReadOnlySpan<byte> bytes)
    {
        if (_isEscaped)
        {
            _isEscaped = false;
            return bytes[1..];
        }

        int end = bytes.IndexOfAny(InString);
        ReadOnlySpan<byte> part = end < 0 ? bytes : bytes[..end];
        if (IsOuter)
        {
            Append(part);
        }

        if (end < 0)
        {
            return default;
        }

        if (bytes[end] == (byte)'\\')
        {
            _isEscaped = true;
            _nameLength = LongestName + 1; // No name that matters has an escape.
        }
        else
        {
            _isInString = false;
            EndString();
        }

        return bytes[(end + 1)..];
    }

    private void Append(ReadOnlySpan<byte> part)
    {
        if (_nameLength + part.Length > LongestName)
        {
            _nameLength = LongestName + 1;
        }
        else
        {
            part.CopyTo(_name.AsSpan(_nameLength));
            _nameLength += part.Length;
        }
    }

    private void EndString()
    {
        ReadOnlySpan<byte> name = _nameLength > LongestName ? default : _name.AsSpan(0, _nameLength);
        if (_depth == 1 && !_isValueOfMessage)
        {
            _isResultKey = name.SequenceEqual("result"u8);
            IsAnswer |= _isResultKey || name.SequenceEqual("error"u8);
        }
        else if (_depth == 2 && _isInResult && !_isValueOfResult)
        {
            _isTypeKey = name.SequenceEqual("resultType"u8);
        }
        else if (_depth == 2 && _isInResult && _isTypeKey)
        {
            IsInputRequired = name.SequenceEqual("input_required"u8);
        }
    }

    private ReadOnlySpan<byte> ReadStructure(ReadOnlySpan<byte> bytes)
    {
        int at = bytes.IndexOfAny(IsOuter ? Outer : Nested);
        if (at < 0)
        {
            return default;
        }

        switch (bytes[at])
        {
            case (byte)'"':
                _isInString = true;
                _nameLength = 0;
                break;
            case (byte)'{':
                Open(isObject: true);
                break;
            case (byte)'[':
                Open(isObject: false);
                break;
            case (byte)':':
                SetValue(true);
                break;
            case (byte)',':
                SetValue(false);
                break;
            default:
                Close();
                break;
        }

        return bytes[(at + 1)..];
    }

    private void SetValue(bool isValue)
    {
        if (_depth == 1)
        {
            _isValueOfMessage = isValue;
        }
        else
        {
            _isValueOfResult = isValue;
        }
    }

    private void Open(bool isObject)
    {
        if (_depth == 1 && _isValueOfMessage && _isResultKey)
        {
            _isInResult = isObject;
            _isValueOfResult = _isTypeKey = IsInputRequired = false;
        }

        _depth++;
    }

    private void Close()
    {
        _depth--;
        _isInResult &= _depth > 1;
        HasEnded = _depth <= 0;
    }
}
