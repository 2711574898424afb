using System.Diagnostics.CodeAnalysis;
using System.Security;

namespace Sluice.Documents;

/// <summary>Reads files that may be too large, or not be regular files.</summary>
internal static class BoundedFile
{
    /// <summary>Reads a file, or one byte more than is allowed of it.</summary>
    /// <param name="path">The file's path.</param>
    /// <param name="maxBytes">The most bytes to read; a file with more is too large.</param>
    /// <param name="bytes">What was read, at most <paramref name="maxBytes"/> + 1 bytes; or null.</param>
    /// <param name="why">Null, or why it cannot be read, as a clause.</param>
    internal static bool TryRead(
        string path, int maxBytes, [NotNullWhen(true)] out byte[]? bytes, [NotNullWhen(false)] out string? why)
    {
        byte[] buffer = new byte[maxBytes + 1];
        bool isRead = TryRead(path, buffer, out int length, out why);
        bytes = isRead ? buffer[..length] : null;
        return isRead;
    }

    /// <summary>Reads a file, or as much of it as the buffer takes.</summary>
    /// <param name="path">The file's path.</param>
    /// <param name="buffer">Takes what is read; where it is filled, there may be more.</param>
    /// <param name="length">How many bytes were read.</param>
    /// <param name="why">Null, or why it cannot be read, as a clause.</param>
    internal static bool TryRead(string path, Span<byte> buffer, out int length, [NotNullWhen(false)] out string? why)
    {
        length = 0;
        why = null;
        try
        {
            // Not by its length: a pipe has none, and a device says 0 and never ends.
            using FileStream stream = File.OpenRead(path);
            length = stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
            return true;
        }
        catch (Exception exception) when (IsUnreadable(exception))
        {
            why = Reason(path, exception);
            return false;
        }
    }

    /// <summary>Whether an exception says that a file cannot be read.</summary>
    internal static bool IsUnreadable(Exception exception) =>
        exception is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException or SecurityException;

    /// <summary>Why a file or a folder cannot be read, as a clause.</summary>
    internal static string Reason(string path, Exception exception) => exception switch
    {
        FileNotFoundException or DirectoryNotFoundException => "does not exist",
        IOException when IsLinkLoop(path) => "is a symbolic link that leads back to itself",
        _ when Directory.Exists(path) => "is a folder, not a file",
        UnauthorizedAccessException or SecurityException => "may not be read by this user",
        ArgumentException or NotSupportedException => "is not the path of a file",
        _ => "cannot be read",
    };

    private static bool IsLinkLoop(string path)
    {
        try
        {
            File.ResolveLinkTarget(Path.GetFullPath(path), returnFinalTarget: true); // It fails otherwise for a path without a folder.
            return false;
        }
        catch (Exception exception) when (IsUnreadable(exception))
        {
            return exception is IOException and not (FileNotFoundException or DirectoryNotFoundException);
        }
    }
}
