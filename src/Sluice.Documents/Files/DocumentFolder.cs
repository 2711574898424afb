namespace Sluice.Documents;

/// <summary>Finds the documents of a folder: its files that end in .yaml, .yml or .json. Folders in it are not looked at.</summary>
/// <remarks>
/// A name with a dot in front is not looked at either: it belongs to an editor, or to Kubernetes, which mounts a volume as links through
/// <c>..data</c>.
/// </remarks>
internal static class DocumentFolder
{
    /// <summary>The most documents of a folder.</summary>
    internal const int MaxFiles = 10_000;

    /// <summary>The most bytes of all documents of a folder together: 64 MiB.</summary>
    internal const long MaxBytes = 64L * 1024 * 1024;

    private static readonly string[] Extensions = [".yaml", ".yml", ".json"];

    /// <summary>Reads the texts of the documents, ordered by name.</summary>
    /// <param name="folder">The folder; faults name its files by paths that begin with it.</param>
    /// <param name="faults">Takes what is wrong.</param>
    /// <param name="content">Records what is read.</param>
    /// <param name="read">Takes the text of each file, and its path.</param>
    internal static void Read(string folder, FaultList faults, DocumentContent content, Action<string, string> read)
    {
        content.AddFile(folder);
        if (FilesOf(folder, faults) is not string[] files)
        {
            return;
        }

        ByteBudget budget = new(MaxBytes);
        foreach (string file in files)
        {
            content.AddFile(file); // A file that cannot be read may be readable later.
            if (!DocumentFile.TryReadText(file, out string? text, out Fault? fault))
            {
                faults.ForFile(file).Add(fault.Line, fault.Column, fault.Path, fault.Message);
                continue;
            }

            if (budget.IsExceededBy(text.Length))
            {
                faults.Add(0, 0, "", "holds documents of more than 64 MiB together. Use globs, or several gateways.");
                return;
            }

            budget.Spend(text.Length);
            read(text, file);
        }
    }

    private static string[]? FilesOf(string folder, FaultList faults)
    {
        try
        {
            string[] files = [.. Directory.GetFiles(folder).Where(IsDocument).Order(StringComparer.Ordinal)];
            if (files.Length is > 0 and <= MaxFiles)
            {
                return files;
            }

            faults.Add(0, 0, "", files.Length == 0
                ? "is a folder without documents. Add a file whose name ends in .yaml, .yml or .json."
                : $"holds {files.Length} documents, and at most {MaxFiles} are allowed. Put several servers into a file.");
        }
        catch (Exception exception) when (BoundedFile.IsUnreadable(exception))
        {
            faults.Add(0, 0, "", "is a folder that this user may not read. Name a folder that this program may read.");
        }

        return null;
    }

    private static bool IsDocument(string path) =>
        !Path.GetFileName(path).StartsWith('.') && Extensions.Contains(Path.GetExtension(path), StringComparer.OrdinalIgnoreCase);
}
