using Sluice.Documents;

namespace Sluice.Gateway;

/// <summary>Notifications of the system that files may have changed.</summary>
/// <remarks>Thread safety: one thread at a time; notifications come from any thread.</remarks>
/// <param name="onNotice">Is called for each notification.</param>
/// <param name="onUnavailable">Is called once, with the reason, when there are no notifications.</param>
internal sealed class FileNotices(Action onNotice, Action<string> onUnavailable) : IDisposable
{
    /// <summary>The most folders that are watched; of the others, changes are found at intervals.</summary>
    private const int MaxFolders = 16;

    private readonly Dictionary<string, FileSystemWatcher> _watchers = new(StringComparer.Ordinal);
    private bool _isUnavailable;

    /// <summary>Watches the folders of files, and folders among them, in place of those before.</summary>
    internal void Watch(IEnumerable<string> paths)
    {
        HashSet<string> folders = [.. paths.Select(FolderOf).Distinct(StringComparer.Ordinal).Take(MaxFolders)];
        foreach (string gone in _watchers.Keys.Except(folders, StringComparer.Ordinal).ToArray())
        {
            _watchers.Remove(gone, out FileSystemWatcher? watcher);
            watcher!.Dispose();
        }

        foreach (string folder in folders.Where(folder => !_isUnavailable && !_watchers.ContainsKey(folder)))
        {
            Add(folder);
        }
    }

    public void Dispose()
    {
        foreach (FileSystemWatcher watcher in _watchers.Values)
        {
            watcher.Dispose();
        }
    }

    private void Add(string folder)
    {
        FileSystemWatcher? watcher = null;
        try
        {
            watcher = new FileSystemWatcher(folder);
            watcher.Changed += (_, _) => onNotice();
            watcher.Created += (_, _) => onNotice();
            watcher.Deleted += (_, _) => onNotice();
            watcher.Renamed += (_, _) => onNotice();
            watcher.Error += (_, _) => onNotice(); // Notifications were lost.
            watcher.EnableRaisingEvents = true;
            _watchers.Add(folder, watcher);
        }
        catch (Exception exception) when (BoundedFile.IsUnreadable(exception))
        {
            watcher?.Dispose();
            if (Directory.Exists(folder))
            {
                _isUnavailable = true;
                onUnavailable(exception.Message.TrimEnd('.'));
            }
        }
    }

    private static string FolderOf(string path) =>
        Directory.Exists(path) ? Path.GetFullPath(path) : Path.GetDirectoryName(Path.GetFullPath(path)) ?? "/";
}
