namespace Sluice.Kubernetes.Tests;

/// <summary>The programs of others that tests start: those of the machine, or those that <c>eng/install-test-tools.sh</c> has unpacked.</summary>
internal static class TestProgram
{
    private static readonly string Unpacked = Path.Combine(Repository.Root, "tests", "Sluice.Kubernetes.Tests", "tools", "node_modules", "programs");

    /// <summary>The path of a program. The test is skipped where there is none.</summary>
    internal static string Find(string name)
    {
        string? path = Environment.GetEnvironmentVariable("PATH")!.Split(':').Append(Path.Combine(Unpacked, name))
            .Select(folder => Path.Combine(folder, name))
            .FirstOrDefault(File.Exists);
        Skip.If(path is null, $"There is no {name}. eng/install-test-tools.sh installs it.");
        return path!;
    }
}
