using System.Buffers;
using System.Text.Unicode;

namespace Sluice.Documents;

/// <summary>The text of a file that is too large to be held in memory, decoded and checked piece by piece.</summary>
/// <remarks>
/// At the first byte or character that is not allowed, the rest of the file is checked as well, so that all such faults are reported;
/// then reading ends with an <see cref="UnreadableException"/>.
/// </remarks>
/// <param name="stream">The file's bytes.</param>
/// <param name="budget">Bounds the bytes of all files together.</param>
/// <param name="faults">Takes what is wrong.</param>
internal sealed class StreamedText(Stream stream, ByteBudget budget, FaultList faults) : TextReader
{
    /// <summary>The longest entry, with the comments in front of it, in UTF-16 code units.</summary>
    internal const int MaxEntryLength = 1024 * 1024;

    private const int BufferSize = 32 * 1024;
    private const char ByteOrderMark = '\uFEFF';
    private readonly byte[] _bytes = new byte[BufferSize];
    private readonly CharacterCheck _check = new(faults);
    private char[] _chars = new char[BufferSize];
    private char[] _before = new char[BufferSize];
    private int _kept; // Bytes at the start of the buffer that are the beginning of a character.
    private int _length;
    private int _at;
    private int _beforeLength;
    private long _start; // The index of the first character in the buffer.
    private long _entryStart;
    private bool _isAtEnd;

    /// <summary>A character that was read a short time ago; NUL when it is not at hand.</summary>
    internal char Recent(long index) =>
        index >= _start && index < _start + _length ? _chars[index - _start]
        : index < _start && index >= _start - _beforeLength ? _before[index - _start + _beforeLength]
        : '\0';

    /// <summary>An entry begins: the bound on its length counts from here.</summary>
    internal void BeginEntry() => _entryStart = _start + _at;

    public override int Peek() => Fill() ? _chars[_at] : -1;

    public override int Read() => Fill() ? _chars[_at++] : -1;

    public override int Read(char[] buffer, int index, int count) => Read(buffer.AsSpan(index, count));

    public override int Read(Span<char> buffer)
    {
        if (buffer.IsEmpty || !Fill())
        {
            return 0;
        }

        int count = Math.Min(buffer.Length, _length - _at);
        _chars.AsSpan(_at, count).CopyTo(buffer);
        _at += count;
        return count;
    }

    public override int ReadBlock(Span<char> buffer)
    {
        int total = 0;
        while (total < buffer.Length && Read(buffer[total..]) is int count and > 0)
        {
            total += count;
        }

        return total;
    }

    public override int ReadBlock(char[] buffer, int index, int count) => ReadBlock(buffer.AsSpan(index, count));

    private bool Fill()
    {
        if (_at < _length)
        {
            return true;
        }

        if (_isAtEnd)
        {
            return false;
        }

        _start += _length;
        (_before, _chars) = (_chars, _before);
        _beforeLength = _length;
        int faultsBefore = faults.Count;
        Decode();
        if (faults.Count > faultsBefore)
        {
            while (!_isAtEnd)
            {
                Decode();
            }

            throw new UnreadableException();
        }

        if (_start + _length - _entryStart > MaxEntryLength)
        {
            faults.Add(_check.Line, 1, "", $"an entry here is longer than {MaxEntryLength} characters. Begin each entry with '- '.");
            throw new UnreadableException();
        }

        return Fill();
    }

    /// <summary>Reads the next characters into the buffer, from its beginning.</summary>
    private void Decode()
    {
        _at = 0;
        int read = stream.Read(_bytes, _kept, _bytes.Length - _kept);
        budget.Spend(read);
        _isAtEnd = read == 0;
        OperationStatus status = Utf8.ToUtf16(
            _bytes.AsSpan(0, _kept + read), _chars, out int used, out _length, replaceInvalidSequences: false, isFinalBlock: _isAtEnd);
        ReadOnlySpan<char> decoded = _chars.AsSpan(0, _length);
        if (_start == 0 && _check is { Line: 1, Column: 1 } && decoded is [ByteOrderMark, ..])
        {
            decoded[1..].CopyTo(_chars);
            _length--;
            decoded = _chars.AsSpan(0, _length);
        }

        _check.Read(decoded);
        if (status == OperationStatus.InvalidData)
        {
            faults.Add(_check.Line, _check.Column, "", DocumentFile.NotUtf8);
            _isAtEnd = true; // What follows a wrong byte has no certain place.
        }

        _kept = _kept + read - used;
        _bytes.AsSpan(used, _kept).CopyTo(_bytes);
        if (_isAtEnd)
        {
            _check.End();
        }
    }
}
