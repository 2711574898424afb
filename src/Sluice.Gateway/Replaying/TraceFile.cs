using Sluice.Configuration;

namespace Sluice.Gateway;

/// <summary>Files of recorded decisions, read line by line; lines that cannot be read are counted and named.</summary>
/// <remarks>Thread safety: one thread.</remarks>
internal sealed class TraceFile(IReadOnlyList<string> paths)
{
    /// <summary>The longest line that is read.</summary>
    internal const int MaxLineBytes = 1024 * 1024;

    private const int MaxNamed = 20;
    private const int BufferBytes = 256 * 1024;
    private readonly List<string> _named = [];

    /// <summary>How many lines could not be read, in the last reading.</summary>
    internal long BadLines { get; private set; }

    /// <summary>The first lines that could not be read: the file, the line and the reason.</summary>
    internal IReadOnlyList<string> NamedBadLines => _named;

    /// <summary>The size of all files.</summary>
    internal long Bytes => paths.Sum(path => new FileInfo(path).Length);

    /// <summary>Null, or why a file cannot be opened.</summary>
    internal string? WhyUnreadable()
    {
        foreach (string path in paths)
        {
            try
            {
                using FileStream file = File.OpenRead(path);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or NotSupportedException)
            {
                return $"{Shown.Quote(path)} cannot be read: {exception.Message}";
            }
        }

        return null;
    }

    /// <summary>Every event, in the order of the files and their lines.</summary>
    /// <param name="progress">Called from time to time with the number of bytes read; or null.</param>
    /// <param name="cancellationToken">Ends it.</param>
    internal IEnumerable<RecordedEvent> Read(Action<long>? progress, CancellationToken cancellationToken)
    {
        BadLines = 0;
        _named.Clear();
        long before = 0;
        foreach (string path in paths)
        {
            using LineStream lines = new(path);
            while (lines.TryRead(out ReadOnlyMemory<byte> line, out bool isTooLong))
            {
                if (lines.Number % 8_192 == 0)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    progress?.Invoke(before + lines.BytesRead);
                }

                if (isTooLong)
                {
                    AddBad(path, lines.Number, $"has more than {MaxLineBytes} bytes.");
                }
                else if (line.Span.Trim(" \t\r"u8).IsEmpty)
                {
                    AddBad(path, lines.Number, "is empty.");
                }
                else if (RecordReader.TryRead(line.Span, out RecordedEvent? recorded, out string? wrong))
                {
                    yield return recorded;
                }
                else
                {
                    AddBad(path, lines.Number, wrong);
                }
            }

            before += lines.BytesRead;
        }
    }

    private void AddBad(string path, long line, string why)
    {
        BadLines++;
        if (_named.Count < MaxNamed)
        {
            _named.Add(Shown.Message($"{path}:{line} {why}"));
        }
    }

    /// <summary>The lines of one file, in a buffer that is used again for each.</summary>
    private sealed class LineStream(string path) : IDisposable
    {
        private readonly FileStream _file = new(
            path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 1);
        private byte[] _buffer = new byte[BufferBytes];
        private int _start;
        private int _end;
        private bool _hasEnded;

        internal long Number { get; private set; }

        internal long BytesRead { get; private set; }

        public void Dispose() => _file.Dispose();

        internal bool TryRead(out ReadOnlyMemory<byte> line, out bool isTooLong)
        {
            isTooLong = false;
            int searched = 0;
            while (true)
            {
                int length = _buffer.AsSpan(_start + searched, _end - _start - searched).IndexOf((byte)'\n');
                if (length >= 0 || (_hasEnded && _end > _start))
                {
                    length = length >= 0 ? length + searched : _end - _start;
                    line = isTooLong ? default : _buffer.AsMemory(_start, length);
                    _start = Math.Min(_end, _start + length + 1);
                    Number++;
                    return true;
                }

                if (_hasEnded)
                {
                    line = default;
                    Number += isTooLong ? 1 : 0;
                    return isTooLong;
                }

                searched = _end - _start;
                if (searched > MaxLineBytes)
                {
                    isTooLong = true; // The rest of the line is skipped.
                    _start = _end;
                    searched = 0;
                }

                Fill();
            }
        }

        private void Fill()
        {
            if (_start > 0)
            {
                _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
                _end -= _start;
                _start = 0;
            }

            if (_end == _buffer.Length)
            {
                Array.Resize(ref _buffer, _buffer.Length * 2);
            }

            int read = _file.Read(_buffer, _end, _buffer.Length - _end);
            _end += read;
            BytesRead += read;
            _hasEnded = read == 0;
        }
    }
}
