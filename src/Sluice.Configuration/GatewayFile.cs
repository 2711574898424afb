using System.Collections.Immutable;
using System.Text;

namespace Sluice.Configuration;

/// <summary>Reads the configuration of a gateway: a file, or a folder of files.</summary>
/// <remarks>
/// <para>
/// The files of a folder are one configuration: each may have servers, and one has the other settings. Where one file is wrong, nothing of
/// the folder is taken.
/// </para>
/// <para>Nothing is thrown for what a file holds: all of its faults are returned at once.</para>
/// <para>Thread safety: any number of threads.</para>
/// </remarks>
public static class GatewayFile
{
    /// <summary>The largest file that is read: 1 MiB.</summary>
    public const int MaxBytes = 1024 * 1024;

    /// <summary>Reads a file or folder, and what it refers to from the environment and the files of this process.</summary>
    /// <param name="path">Its path; faults name it as it is given.</param>
    /// <exception cref="ArgumentException"><paramref name="path"/> is null or empty.</exception>
    public static GatewayFileResult Load(string path) => Load(path, ProcessValueSource.Instance);

    /// <summary>Reads a file or folder.</summary>
    /// <param name="path">Its path; faults name it as it is given.</param>
    /// <param name="values">What <c>${…}</c> refers to.</param>
    /// <exception cref="ArgumentException"><paramref name="path"/> is null or empty.</exception>
    /// <exception cref="ArgumentNullException"><paramref name="values"/> is null.</exception>
    public static GatewayFileResult Load(string path, IValueSource values)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(values);
        if (Directory.Exists(path))
        {
            return LoadFolder(Path.TrimEndingDirectorySeparator(path), values);
        }

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
        ServerIndex index = new();
        (GatewayConfiguration? configuration, ImmutableArray<Fault> faults) = DocumentFile.Parse(
            text, fileName, recorded, (root, found) => new GatewayReader(found, recorded, content) { Index = index }.Read(root));
        return ResultOf(configuration, faults, index, content);
    }

    private static GatewayFileResult LoadFolder(string folder, IValueSource values)
    {
        using DocumentContent content = new();
        IValueSource recorded = content.Record(values);
        FaultList faults = new(folder);
        FaultList warnings = new(folder);
        ImmutableArray<SourceDocument>.Builder documents = ImmutableArray.CreateBuilder<SourceDocument>();
        DocumentFolder.Read(folder, faults, content, (text, file) =>
        {
            content.Append(Encoding.UTF8.GetBytes(text));
            FaultList own = faults.ForFile(file);
            if (DocumentReader.Read(DocumentFile.WithoutByteOrderMark(text), recorded, own) is Node root and not ScalarNode { IsNull: true })
            {
                documents.Add(new SourceDocument(root, own, warnings.ForFile(file)));
            }
        });
        DocumentSetReader reader = new(faults, recorded, content);
        GatewayConfiguration? configuration = faults.Count > 0 && documents.Count == 0 ? null : reader.Read(documents.ToImmutable());
        return ResultOf(faults.Count == 0 ? configuration : null, faults.ToImmutable(), reader.Index, content);
    }

    private static GatewayFileResult ResultOf(
        GatewayConfiguration? configuration, ImmutableArray<Fault> faults, ServerIndex index, DocumentContent content) =>
        new(configuration is null ? null : configuration with { Version = content.Version }, faults)
        {
            Files = content.Files,
            Places = [.. index.Places],
        };
}
