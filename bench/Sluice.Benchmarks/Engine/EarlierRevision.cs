namespace Sluice.Benchmarks;

/// <summary>The repository as it was before policies had more than one rate for each scope, built beside this one.</summary>
internal static class EarlierRevision
{
    /// <summary>The last commit before lists of rates, overrides, keys by claim, concurrency, waiting and calendar windows.</summary>
    private const string Commit = "780e035459c40be5f6a4fcfbcfd1812acfe80979";

    /// <summary>The commit, short.</summary>
    internal static string Name => Commit[..7];

    /// <summary>The root of the repository, in whose folder <c>artifacts</c> this program lies.</summary>
    internal static string Root { get; } = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "..", ".."));

    /// <summary>Builds a project of the folder <c>bench</c>, as it is now, against the source of the earlier revision.</summary>
    /// <returns>The folder of what was built; null, with a line that says why, where the commit is not there.</returns>
    internal static string? Build(string project)
    {
        string tree = Path.Combine(Root, "artifacts", "earlier", Commit);
        if (!Directory.Exists(Path.Combine(tree, "src")))
        {
            if (!Processes.Succeeds("git", ["-C", Root, "cat-file", "-e", Commit + "^{commit}"]))
            {
                Console.WriteLine(
                    $"plain-policy-ratio is left out: commit {Commit} is not in this clone. For a shallow clone, run 'git fetch --unshallow' first.");
                return null;
            }

            Directory.CreateDirectory(tree);
            string archive = Path.Combine(tree, "tree.tar");
            Processes.Run("git", ["-C", Root, "archive", "--output", archive, Commit]);
            System.Formats.Tar.TarFile.ExtractToDirectory(archive, tree, overwriteFiles: true);
            File.Delete(archive);
        }

        string copy = Path.Combine(tree, "bench", project);
        Directory.CreateDirectory(copy);
        foreach (string file in Directory.EnumerateFiles(Path.Combine(Root, "bench", project)))
        {
            File.Copy(file, Path.Combine(copy, Path.GetFileName(file)), overwrite: true);
        }

        Processes.Run("dotnet", ["build", copy, "--configuration", "Release", "--nologo", "--verbosity", "quiet"]);
        return Path.Combine(tree, "artifacts", "bin", project, "release");
    }
}
