namespace Sluice.Kubernetes.Tests;

/// <summary>The files of the repository.</summary>
internal static class Repository
{
    /// <summary>Its root.</summary>
    internal static string Root { get; } = Find();

    private static string Find()
    {
        string folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Sluice.slnx")))
        {
            folder = Path.GetDirectoryName(folder)!;
        }

        return folder;
    }
}
