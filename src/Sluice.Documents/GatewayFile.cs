using System.Collections.Immutable;

namespace Sluice.Documents;

/// <summary>Reads the configuration of a gateway: a file, or a folder of files.</summary>
/// <remarks>
/// <para>
/// The files of a folder are one configuration: each may have servers, and one has the other settings. Where one file is wrong, nothing of
/// the folder is taken.
/// </para>
/// <para>Nothing is thrown for what a file holds: all of its faults are returned at once.</para>
/// <para>Thread safety: any number of threads.</para>
/// </remarks>
internal static class GatewayFile
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
    public static GatewayFileResult Load(string path, IValueSource values) => Load(path, values, ReadingOptions.ToRead);

    /// <summary>Reads a file or folder.</summary>
    /// <param name="path">Its path; faults name it as it is given.</param>
    /// <param name="values">What <c>${…}</c> refers to.</param>
    /// <param name="options">What the command line adds.</param>
    /// <param name="known">The servers of the reading before, which this one replaces; null to read everything, with places.</param>
    internal static GatewayFileResult Load(string path, IValueSource values, ReadingOptions options, KnownServers? known = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(values);
        if (Directory.Exists(path))
        {
            return ReadSet(Path.TrimEndingDirectorySeparator(path), values, options, DocumentFolder.Read);
        }

        if (!DocumentText.TryRead(path, out DocumentText? text, out Fault? fault))
        {
            return new(null, [fault]) { Files = [path] };
        }

        using (text)
        {
            return (known is null ? null : ReadSliced(text.Text, path, values, options, known, content => content.Append(text.Bytes)))
                ?? Parse(text.ToString(), path, values, options);
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
    public static GatewayFileResult Parse(string text, string fileName, IValueSource values) =>
        Parse(text, fileName, values, ReadingOptions.ToRead);

    /// <summary>Reads a text.</summary>
    /// <param name="text">The text of a file.</param>
    /// <param name="fileName">What faults call it.</param>
    /// <param name="values">What <c>${…}</c> refers to.</param>
    /// <param name="options">What the command line adds.</param>
    /// <param name="known">The servers of the reading before, which this one replaces; null to read everything, with places.</param>
    internal static GatewayFileResult Parse(
        string text, string fileName, IValueSource values, ReadingOptions options, KnownServers? known = null)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(fileName);
        ArgumentNullException.ThrowIfNull(values);
        if (known is not null
            && ReadSliced(text.AsMemory(), fileName, values, options, known, content => content.Append(text)) is GatewayFileResult valid)
        {
            return valid;
        }

        if (options.IsWithCluster || KubernetesObject.MayBeIn(text))
        {
            return ReadSet(fileName, values, options, (_, _, content, read) =>
            {
                content.AddFile(fileName);
                read(text, fileName);
            });
        }

        using DocumentContent content = new();
        content.AddFile(fileName);
        content.Append(text);
        IValueSource recorded = content.Record(values);
        ServerIndex index = new();
        (GatewayConfiguration? configuration, ImmutableArray<Fault> faults) = DocumentFile.Parse(
            text, fileName, recorded, (root, found) => new GatewayReader(found, recorded, content) { Index = index }.Read(root));
        return ResultOf(configuration, faults, index, content);
    }

    /// <summary>Reads a document server by server; null when it must be read as a whole, for its faults or for how it is written.</summary>
    private static GatewayFileResult? ReadSliced(
        ReadOnlyMemory<char> text, string fileName, IValueSource values, ReadingOptions options, KnownServers known, Action<DocumentContent> append)
    {
        ReadOnlyMemory<char> document = DocumentFile.WithoutByteOrderMark(text);
        if (options.IsWithCluster
            || KubernetesObject.MayBeIn(document.Span)
            || !DocumentFile.HasAllowedSize(text.Span)
            || !Characters.Check(document.Span, new FaultList(fileName))
            || SlicedDocument.Of(document) is not SlicedDocument sliced)
        {
            return null;
        }

        using DocumentContent content = new();
        content.AddFile(fileName);
        append(content);
        return new SlicedReader(sliced, fileName, content.Record(values), content, known).Read() is GatewayConfiguration configuration
            ? new(configuration with { Version = content.Version }, []) { Files = content.Files }
            : null;
    }

    /// <summary>Reads several documents, of a folder or of a file with manifests, as one configuration.</summary>
    private static GatewayFileResult ReadSet(
        string path, IValueSource values, ReadingOptions options, Action<string, FaultList, DocumentContent, Action<string, string>> readTexts)
    {
        using DocumentContent content = new();
        IValueSource recorded = content.Record(values);
        DocumentSet set = new(path, recorded);
        readTexts(path, set.Faults, content, (text, file) =>
        {
            content.Append(text);
            set.Add(text, file);
        });
        DocumentSetReader reader = new(set.Faults, recorded, content, options);
        GatewayConfiguration? configuration = set.Faults.Count > 0 && set.Documents.Count == 0 ? null : reader.Read([.. set.Documents]);
        return ResultOf(set.Faults.Count == 0 ? configuration : null, set.Faults.ToImmutable(), reader.Index, content) with
        {
            Warnings = set.Warnings.ToImmutable(),
            Manifests = reader.Manifests,
        };
    }

    private static GatewayFileResult ResultOf(
        GatewayConfiguration? configuration, ImmutableArray<Fault> faults, ServerIndex index, DocumentContent content) =>
        new(configuration is null ? null : configuration with { Version = content.Version }, faults)
        {
            Files = content.Files,
            Places = [.. index.Places],
        };
}
