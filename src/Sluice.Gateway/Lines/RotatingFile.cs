namespace Sluice.Gateway;

/// <summary>A file of lines that is renamed when it is full: <c>FILE.1</c> is the newest of the full ones.</summary>
/// <remarks>
/// <para>
/// It always contains whole lines only: what a failed write has left behind is cut off, and so is the beginning of a line that a killed
/// process left at the end.
/// </para>
/// <para>Only the owner of the process may read it. While it is open, no other gateway can write to it.</para>
/// <para>Thread safety: none; one thread at a time uses it.</para>
/// </remarks>
internal sealed class RotatingFile : ILineSink
{
    private const byte EndOfLine = (byte)'\n';

    private readonly string _path;
    private readonly long _maxBytes;
    private readonly int _keep;
    private FileStream? _lock;
    private FileStream? _file;
    private long _length;
    private string? _fault;
    private bool _hasToldFault;

    private RotatingFile(string path, long maxBytes, int keep)
    {
        _path = path;
        _maxBytes = maxBytes;
        _keep = keep;
    }

    /// <summary>Opens a file, or creates it.</summary>
    /// <param name="path">Its path; its folder must exist.</param>
    /// <param name="maxBytes">How large it may become before it is renamed. A longer line has a file of its own.</param>
    /// <param name="keep">How many full files are kept; from 0.</param>
    /// <exception cref="IOException">It cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">This process may not write it.</exception>
    internal static RotatingFile Open(string path, long maxBytes, int keep)
    {
        RotatingFile file = new(path, maxBytes, keep);
        if (file.OpenCurrent().CanSeek)
        {
            file.Lock();
        }

        return file;
    }

    /// <inheritdoc/>
    /// <remarks>While the file cannot be renamed, lines are still added to it.</remarks>
    public string? TakeFault()
    {
        string? fault = _hasToldFault ? null : _fault;
        _hasToldFault = true;
        return fault;
    }

    /// <inheritdoc/>
    /// <remarks>The file is renamed first if they do not fit.</remarks>
    public void Append(ReadOnlySpan<byte> lines)
    {
        FileStream file = _file ?? OpenCurrent();
        if (!HasRoomFor(lines.Length))
        {
            Rotate();
            file = _file ?? OpenCurrent();
        }

        try
        {
            RandomAccess.Write(file.SafeFileHandle, lines, _length);
            _length += lines.Length;
        }
        catch (IOException)
        {
            Truncate(file, _length);
            throw;
        }
    }

    /// <inheritdoc/>
    public bool HasRoomFor(int bytes) => _length == 0 || _length + bytes <= _maxBytes || _file is { CanSeek: false };

    public void Dispose()
    {
        _file?.Dispose();
        _lock?.Dispose();
    }

    // The file itself is not locked, since programs may read it while it is open, and it is renamed.
    private void Lock()
    {
        string path = $"{_path}.lock";
        try
        {
            _lock = new FileStream(path, new FileStreamOptions
            {
                Mode = FileMode.OpenOrCreate,
                Access = FileAccess.ReadWrite,
                Share = FileShare.None,
                Options = FileOptions.DeleteOnClose,
            });
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Dispose();
            throw new IOException($"'{path}' cannot be locked. Another gateway may be writing to the file.", exception);
        }
    }

    private FileStream OpenCurrent()
    {
        FileStreamOptions options = new()
        {
            Mode = FileMode.OpenOrCreate,
            Access = FileAccess.ReadWrite,
            Share = FileShare.Read | FileShare.Delete,
            BufferSize = 0,
        };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        FileStream file = new(_path, options);
        try
        {
            _length = file.CanSeek ? EndOfLastLine(file) : 0; // A device, such as /dev/full, has no length.
            if (file.CanSeek && file.Length != _length)
            {
                file.SetLength(_length);
            }
        }
        catch
        {
            file.Dispose();
            throw;
        }

        _file = file;
        return file;
    }

    private void Rotate()
    {
        try
        {
            if (_keep == 0)
            {
                Truncate(_file, 0);
                _length = 0;
                return;
            }

            File.Delete(NameOf(_keep));
            for (int i = _keep - 1; i >= 1; i--)
            {
                if (File.Exists(NameOf(i)))
                {
                    File.Move(NameOf(i), NameOf(i + 1), overwrite: true);
                }
            }

            _file?.Dispose();
            _file = null;
            File.Move(_path, NameOf(1), overwrite: true);
            _fault = null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            _hasToldFault = _fault is not null;
            _fault = exception.Message;
        }
    }

    private string NameOf(int number) => $"{_path}.{number}";

    private static void Truncate(FileStream? file, long length)
    {
        if (file is { CanSeek: true })
        {
            file.SetLength(length);
        }
    }

    /// <summary>Where the last whole line ends.</summary>
    private static long EndOfLastLine(FileStream file)
    {
        Span<byte> block = stackalloc byte[4_096];
        long end = file.Length;
        while (end > 0)
        {
            long start = Math.Max(0, end - block.Length);
            int read = RandomAccess.Read(file.SafeFileHandle, block[..(int)(end - start)], start);
            int last = block[..read].LastIndexOf(EndOfLine);
            if (last >= 0)
            {
                return start + last + 1;
            }

            end = start;
        }

        return 0;
    }
}
