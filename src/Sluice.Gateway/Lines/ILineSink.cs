namespace Sluice.Gateway;

/// <summary>Takes whole lines.</summary>
/// <remarks>Thread safety: none; one thread at a time uses it.</remarks>
internal interface ILineSink : IDisposable
{
    /// <summary>Whether so many bytes go to the same file as the last lines; otherwise they are appended on their own.</summary>
    bool HasRoomFor(int bytes);

    /// <summary>Appends lines, all or none.</summary>
    /// <param name="lines">One line or more, each with its end.</param>
    /// <exception cref="IOException">They cannot be written now; nothing of them was.</exception>
    /// <exception cref="UnauthorizedAccessException">They may not be written.</exception>
    void Append(ReadOnlySpan<byte> lines);

    /// <summary>Why the last attempt to begin a new file failed, once; null when there is nothing new to tell.</summary>
    string? TakeFault();
}
