namespace Sluice.Gateway;

/// <summary>Reads lines from a stream, each of bounded length: of a longer one, the two ends are kept and the rest is dropped.</summary>
/// <remarks>
/// <para>A byte order mark before a line is not part of it: some libraries write one, and no message begins with it.</para>
/// <para>Thread safety: one thread at a time; it blocks.</para>
/// </remarks>
internal sealed class LineReader(Stream stream, int maxBytes)
{
    private const int ChunkBytes = 16 * 1024;
    private const int EdgeBytes = 1024;
    private byte[] _buffer = new byte[ChunkBytes];
    private int _start;
    private int _scanned;
    private int _end;

    /// <summary>The next line, or null at the end of the stream.</summary>
    /// <exception cref="IOException">The stream broke.</exception>
    internal Line? Read()
    {
        while (true)
        {
            int length = _buffer.AsSpan(_scanned, _end - _scanned).IndexOf((byte)'\n');
            if (length >= 0)
            {
                int end = _scanned + length;
                bool isTooLong = end - _start > maxBytes;
                Line line = isTooLong ? Cut(_start, end) : Take(end);
                _start = _scanned = end + 1;
                return line;
            }

            _scanned = _end;
            if (_end - _start > maxBytes)
            {
                return Skip();
            }

            if (!Fill())
            {
                bool isEnd = _start == _end;
                Line line = Take(_end) with { IsLast = true };
                _start = _scanned = _end;
                return isEnd ? null : line;
            }
        }
    }

    private Line Take(int end)
    {
        ReadOnlySpan<byte> line = WithoutMark(_buffer.AsSpan(_start, end - _start));
        return new Line((line.EndsWith("\r"u8) ? line[..^1] : line).ToArray(), default);
    }

    private Line Cut(int start, int end)
    {
        int edge = Math.Min(EdgeBytes, end - start);
        return new Line(WithoutMark(_buffer.AsSpan(start, edge)).ToArray(), _buffer.AsSpan(end - edge, edge).ToArray());
    }

    private static ReadOnlySpan<byte> WithoutMark(ReadOnlySpan<byte> line) =>
        line.StartsWith("\uFEFF"u8) ? line["\uFEFF"u8.Length..] : line;

    /// <summary>Reads on to the end of a line that is too long already.</summary>
    private Line Skip()
    {
        (ReadOnlyMemory<byte> head, ReadOnlyMemory<byte> tail, _) = Cut(_start, _end);
        _buffer = new byte[ChunkBytes]; // The one that grew to hold the line is not needed again soon.
        _start = _scanned = _end = 0;
        while (true)
        {
            int read = stream.Read(_buffer, 0, _buffer.Length);
            int length = _buffer.AsSpan(0, read).IndexOf((byte)'\n');
            byte[] known = [.. tail.Span, .. _buffer.AsSpan(0, length < 0 ? read : length)];
            tail = known.AsMemory(Math.Max(0, known.Length - EdgeBytes));
            if (length >= 0 || read == 0)
            {
                _start = _scanned = length + 1;
                _end = read;
                return new Line(head, tail);
            }
        }
    }

    private bool Fill()
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            _scanned -= _start;
            _end -= _start;
            _start = 0;
        }

        if (_end == _buffer.Length)
        {
            Array.Resize(ref _buffer, _buffer.Length * 2);
        }

        int read = stream.Read(_buffer, _end, _buffer.Length - _end);
        _end += read;
        return read > 0;
    }
}
