namespace Sluice.EndToEnd.Harness;

/// <summary>Where the parts of the repository lie, seen from the built tests.</summary>
internal static class RepositoryFolder
{
    /// <summary>The folder of <c>Sluice.slnx</c>.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The folder of the drivers, with the packages from npm in its <c>node_modules</c>.</summary>
    public static string Node { get; } = Path.Combine(Root, "tests", "Sluice.EndToEnd", "node");

    /// <summary>The gateway's program, built in the same configuration as these tests.</summary>
    public static string Program { get; } = Path.Combine(
        Root, "artifacts", "bin", "Sluice.Gateway", Path.GetFileName(AppContext.BaseDirectory.TrimEnd('/')), "Sluice.Gateway.dll");

    /// <summary>A file of a package from npm.</summary>
    public static string NodePackageFile(string path)
    {
        string file = Path.Combine(Node, "node_modules", path);
        return File.Exists(file)
            ? file
            : throw new FileNotFoundException($"'{file}' is missing. Run eng/install-test-tools.sh to install it.");
    }

    private static string FindRoot()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Sluice.slnx")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName
            ?? throw new InvalidOperationException($"No folder above '{AppContext.BaseDirectory}' holds Sluice.slnx.");
    }
}
