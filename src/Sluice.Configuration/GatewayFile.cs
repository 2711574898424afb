using System.Collections.Immutable;
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
        return DocumentFile.TryReadText(path, out string? text, out Fault? fault)
            ? Parse(text, path, values)
            : new(null, [fault]) { Files = [path] };
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
        using DocumentContent content = new();
        content.AddFile(fileName);
        content.Append(Encoding.UTF8.GetBytes(text));
        IValueSource recorded = content.Record(values);
        (GatewayConfiguration? configuration, ImmutableArray<Fault> faults) =
            DocumentFile.Parse(text, fileName, recorded, (root, found) => new GatewayReader(found, recorded, content).Read(root));
        return new(configuration is null ? null : configuration with { Version = content.Version }, faults) { Files = content.Files };
    }
}
