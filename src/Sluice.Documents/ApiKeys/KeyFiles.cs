namespace Sluice.Documents;

/// <summary>Reads files of API keys, and folders of such files, as streams.</summary>
/// <param name="faults">The faults of the configuration that names them.</param>
/// <param name="values">What <c>${…}</c> refers to.</param>
/// <param name="content">Records what is read.</param>
internal sealed class KeyFiles(FaultList faults, IValueSource values, DocumentContent content)
{
    /// <summary>The most bytes of all key files together: 256 MiB.</summary>
    private const long MaxBytes = 256L * 1024 * 1024;

    private const string TooLarge = "is larger than 256 MiB, together with the key files before it. Remove the keys that are not in use.";
    private static readonly string[] Extensions = [".yaml", ".yml"];
    private readonly ByteBudget _budget = new(MaxBytes);

    /// <summary>Reads a file or a folder.</summary>
    /// <param name="name">The path as configured, relative to the folder of the configuration.</param>
    /// <param name="written">What the configuration says, which a message may repeat.</param>
    /// <param name="keys">Takes the keys.</param>
    /// <returns>Null, or why the file or folder cannot be read. What is wrong in a file is a fault of that file.</returns>
    internal string? Read(string name, string written, ApiKeyReader keys)
    {
        if (name.Contains("://", StringComparison.Ordinal))
        {
            return $"{Shown.Quote(written)} is not a file. Write a path, such as keys.yaml.";
        }

        string path = Path.Combine(Path.GetDirectoryName(faults.File) ?? "", name);
        try
        {
            if (!Directory.Exists(path))
            {
                return ReadFile(path, keys) is string why ? $"{Shown.Quote(written)} {why}" : null;
            }

            content.AddFile(path);
            string[] files = [.. Directory.GetFiles(path).Where(IsKeyFile).Order(StringComparer.Ordinal)];
            return files.Length == 0
                ? $"the folder {Shown.Quote(written)} holds no key file. Add a file whose name ends in .yaml or .yml."
                : files.Select(file => ReadFile(file, keys) is string why ? $"{Shown.Quote(Path.Combine(written, Path.GetFileName(file)))} {why}" : null)
                    .FirstOrDefault(wrong => wrong is not null);
        }
        catch (BudgetExceededException)
        {
            return $"{Shown.Quote(written)} {TooLarge}";
        }
        catch (Exception exception) when (BoundedFile.IsUnreadable(exception))
        {
            return $"the folder {Shown.Quote(written)} cannot be read by this user. Name a file or a folder that this program may read.";
        }
    }

    // An editor, or Kubernetes in a mounted volume, makes files whose names begin with a dot.
    private static bool IsKeyFile(string path) =>
        !Path.GetFileName(path).StartsWith('.') && Extensions.Contains(Path.GetExtension(path), StringComparer.OrdinalIgnoreCase);

    private string? ReadFile(string path, ApiKeyReader keys)
    {
        try
        {
            content.AddFile(path); // A file that cannot be read now may be readable later.
            using FileStream stream = File.OpenRead(path);
            FileState before = FileState.Of(stream);
            if (_budget.IsExceededBy(before.Length))
            {
                throw new BudgetExceededException();
            }

            FaultList own = faults.ForFile(path);
            content.Append(stream, hashed => DocumentReader.ReadEntries(
                new StreamedText(hashed, _budget, own), values, own, (item, itemPath) => keys.Read(item, itemPath, own, ApiKeyReader.Table)));
            return FileState.Of(stream) == before
                ? null
                : "was changed while it was read. Write the keys to a new file, and rename it to this name.";
        }
        catch (Exception exception) when (BoundedFile.IsUnreadable(exception))
        {
            return $"{BoundedFile.Reason(path, exception)}. Name a file or a folder that this program may read.";
        }
    }

    /// <summary>What changes when a file is written to.</summary>
    /// <param name="Length">Its length; 0 if it is not a regular file, such as a pipe.</param>
    /// <param name="Written">When it was last written.</param>
    private readonly record struct FileState(long Length, DateTime Written)
    {
        internal static FileState Of(FileStream stream) => stream.CanSeek
            ? new(RandomAccess.GetLength(stream.SafeFileHandle), File.GetLastWriteTimeUtc(stream.SafeFileHandle))
            : default;
    }
}
