using System.Diagnostics.CodeAnalysis;

namespace Sluice.Documents;

/// <summary>Where the values come from that a file refers to by <c>${…}</c>.</summary>
/// <remarks>Thread safety: an implementation may be called by any number of threads.</remarks>
internal interface IValueSource
{
    /// <summary>An environment variable's value; null when it is not set.</summary>
    /// <param name="name">A letter or underscore, then letters, digits and underscores.</param>
    string? FindVariable(string name);

    /// <summary>Reads a file, such as a mounted secret; line ends at its end are not part of the value.</summary>
    /// <param name="path">A full path.</param>
    /// <param name="text">What the file holds, or null.</param>
    /// <param name="why">Null, or why it cannot be read, as a clause: <c>does not exist</c>. It never quotes the file.</param>
    bool TryReadFile(string path, [NotNullWhen(true)] out string? text, [NotNullWhen(false)] out string? why);
}
