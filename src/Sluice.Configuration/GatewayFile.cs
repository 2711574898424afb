using System.Collections.Immutable;
using System.Text;
using Sluice.Configuration.Documents;
using Sluice.Configuration.Reading;

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

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file's path; faults name it as it is given.</param>
    /// <exception cref="ArgumentException"><paramref name="path"/> is null or empty.</exception>
    public static GatewayFileResult Load(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        byte[] bytes;
        try
        {
            using FileStream stream = File.OpenRead(path);
            bytes = ReadUpTo(stream, MaxBytes + 1);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            return Failed(path, Reason(path, exception));
        }

        if (bytes.Length > MaxBytes)
        {
            return Failed(path, "is larger than 1 MiB. Split the configuration, or use globs.");
        }

        try
        {
            return Parse(new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes), path);
        }
        catch (DecoderFallbackException exception)
        {
            return Failed(path, $"is not UTF-8: the byte at offset {exception.Index} is not part of a character.");
        }
    }

    /// <summary>Reads a text.</summary>
    /// <param name="text">The text of a file.</param>
    /// <param name="fileName">What faults call it.</param>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    public static GatewayFileResult Parse(string text, string fileName)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(fileName);
        FaultList faults = new(fileName);
        Node? root = DocumentReader.Read(text, faults);
        GatewayConfiguration? configuration = root is null ? null : new GatewayReader(faults).Read(root);
        ImmutableArray<Fault> all = faults.ToImmutable();
        return new(all.IsEmpty ? configuration : null, all);
    }

    private static GatewayFileResult Failed(string path, string message) => new(null, [new Fault(path, 0, 0, "", message)]);

    private static byte[] ReadUpTo(FileStream stream, int maxBytes)
    {
        byte[] buffer = new byte[maxBytes];
        int length = stream.ReadAtLeast(buffer, maxBytes, throwOnEndOfStream: false);
        return buffer[..length];
    }

    private static string Reason(string path, Exception exception) => exception switch
    {
        FileNotFoundException or DirectoryNotFoundException => "does not exist. Name an existing file, or write one.",
        UnauthorizedAccessException when Directory.Exists(path) => "is a folder. Name the file in it.",
        UnauthorizedAccessException => "may not be read by this user. Change its permissions.",
        _ => $"cannot be read: {exception.Message}",
    };
}
