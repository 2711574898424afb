using System.Text;

namespace Sluice.Configuration;

/// <summary>Reads the configuration of a gateway.</summary>
/// <remarks>
/// <para>Nothing is thrown for what a file holds: all of its faults are returned at once.</para>
/// <para>Thread safety: any number of threads.</para>
/// </remarks>
public static class GatewayFile
{
    /// <summary>The largest file that is read: 1 MiB.</summary>
    public const int MaxBytes = 1024 * 1024;

    private const string TooLarge = "is larger than 1 MiB. Use globs, or several gateways.";
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Reads a file, and what it refers to from the environment and the files of this process.</summary>
    /// <param name="path">The file's path; faults name it as it is given.</param>
    /// <exception cref="ArgumentException"><paramref name="path"/> is null or empty.</exception>
    public static GatewayFileResult Load(string path) => Load(path, ProcessValueSource.Instance);

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file's path; faults name it as it is given.</param>
    /// <param name="values">What <c>${…}</c> refers to.</param>
    /// <exception cref="ArgumentException"><paramref name="path"/> is null or empty.</exception>
    /// <exception cref="ArgumentNullException"><paramref name="values"/> is null.</exception>
    public static GatewayFileResult Load(string path, IValueSource values)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(values);
        if (!BoundedFile.TryRead(path, MaxBytes, out byte[]? bytes, out string? why))
        {
            return Failed(path, 0, 0, $"{why}. Name a file that this program may read.");
        }

        if (bytes.Length > MaxBytes)
        {
            return Failed(path, 0, 0, TooLarge);
        }

        try
        {
            return Parse(Utf8.GetString(bytes), path, values);
        }
        catch (DecoderFallbackException exception)
        {
            (int line, int column) = PositionOf(bytes, Math.Max(0, exception.Index));
            return Failed(path, line, column, "is not UTF-8: here is a byte that is part of no character. Save the file as UTF-8.");
        }
    }

    /// <summary>Reads a text, and what it refers to from the environment and the files of this process.</summary>
    /// <param name="text">The text of a file.</param>
    /// <param name="fileName">What faults call it.</param>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    public static GatewayFileResult Parse(string text, string fileName) => Parse(text, fileName, ProcessValueSource.Instance);

    /// <summary>Reads a text.</summary>
    /// <param name="text">The text of a file.</param>
    /// <param name="fileName">What faults call it.</param>
    /// <param name="values">What <c>${…}</c> refers to.</param>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    public static GatewayFileResult Parse(string text, string fileName, IValueSource values)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(fileName);
        ArgumentNullException.ThrowIfNull(values);
        if (Encoding.UTF8.GetByteCount(text) > MaxBytes)
        {
            return Failed(fileName, 0, 0, TooLarge);
        }

        FaultList faults = new(fileName);
        Node? root = DocumentReader.Read(text.StartsWith('\uFEFF') ? text[1..] : text, values, faults);
        GatewayConfiguration? configuration = root is null ? null : new GatewayReader(faults).Read(root);
        return new(faults.Count == 0 ? configuration : null, faults.ToImmutable());
    }

    private static GatewayFileResult Failed(string path, int line, int column, string message) =>
        new(null, [new Fault(path, line, column, "", message)]);

    private static (int Line, int Column) PositionOf(ReadOnlySpan<byte> bytes, int index)
    {
        ReadOnlySpan<byte> before = bytes[..index];
        int line = before.Count((byte)'\n') + 1;
        return (line, Encoding.UTF8.GetCharCount(before[(before.LastIndexOf((byte)'\n') + 1)..]) + 1);
    }
}
