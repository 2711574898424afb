namespace Sluice.Configuration.Tests;

/// <summary>Documents that tests share.</summary>
internal static class Documents
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Cases");

    /// <summary>A valid document that uses most of the schema.</summary>
    internal static string Everything => Case("valid/everything");

    /// <summary>What <see cref="Everything"/> refers to.</summary>
    internal static FixedValues Values => new()
    {
        Variables = { ["UPSTREAM"] = "http://127.0.0.1:3001/mcp", ["SECRET"] = "s3cr3t-value", ["TEN"] = "10" },
        Files = { ["/run/secrets/hash"] = new string('a', 64) },
    };

    /// <summary>The names of all documents of the folder Cases, in order.</summary>
    internal static IEnumerable<string> Cases => Directory.GetFiles(Folder, "*.yaml", SearchOption.AllDirectories)
        .Select(path => Path.ChangeExtension(Path.GetRelativePath(Folder, path), null).Replace('\\', '/'))
        .Order(StringComparer.Ordinal);

    /// <summary>A document of the folder Cases, such as <c>valid/auth</c>.</summary>
    internal static string Case(string name) => File.ReadAllText(Path.Combine(Folder, name + ".yaml"));

    /// <summary>A document with one server, whose limits are these lines.</summary>
    internal static string WithLimits(params string[] lines) =>
        $"""
        auth:
          apiKeys:
            - user: alice
              tenant: acme
              sha256: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
        servers:
          - name: a
            upstream: http://127.0.0.1:3001/mcp
            rateLimiting:

        """ + string.Concat(lines.Select(line => $"      {line}\n"));
}
