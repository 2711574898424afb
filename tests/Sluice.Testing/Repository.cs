namespace Sluice.Testing;

/// <summary>Where things are in the checkout that the tests were built from.</summary>
public static class Repository
{
    public static string Root { get; } = FindRoot();

    public static string NodeFolder => Path.Combine(Root, "tests", "Sluice.EndToEnd", "node");

    public static string ConformanceFolder => Path.Combine(Root, "tests", "Sluice.EndToEnd", "conformance");

    public static string NodeModules => Path.Combine(NodeFolder, "node_modules", "@modelcontextprotocol");

    public static string Gateway => Path.Combine(Root, "artifacts", "bin", "Sluice.Gateway", Configuration, "Sluice.Gateway.dll");

    /// <summary>The program of the reference MCP server.</summary>
    public static string Everything => Path.Combine(NodeModules, "server-everything", "dist", "index.js");

    /// <summary>The stdio server that misbehaves, a mode of the gateway's tests.</summary>
    public static string OddServer => Sample("Sluice.Gateway.Tests");

    /// <summary>The program of a sample, or of a tool.</summary>
    public static string Sample(string name) => Path.Combine(Root, "artifacts", "bin", name, Configuration, $"{name}.dll");

    private static string Configuration => new DirectoryInfo(AppContext.BaseDirectory).Name;

    private static string FindRoot()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Sluice.slnx")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException("The tests do not run from a checkout: Sluice.slnx is nowhere above.");
    }
}
