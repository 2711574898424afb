namespace Sluice.Configuration.Tests.ToolHive;

/// <summary>The lists of ToolHive's behaviour, which are files beside this one.</summary>
internal static class ToolHiveCases
{
    private static readonly (string Short, string Text)[] Words =
    [
        ("$i", "image: ghcr.io/example/server:1"),
        ("$s", "sessionStorage: { provider: redis, address: \"redis:6379\" }"),
        ("$o", "oidcConfigRef: { name: company, audience: a }"),
        ("$b", "{ maxTokens: 10, refillPeriod: 1m0s }"),
        ("$g", "groupRef: { name: group }"),
        ("$n", "incomingAuth: { type: anonymous }"),
        ("$t", "incomingAuth: { type: oidc, oidcConfigRef: { name: company, audience: a } }"),
    ];

    /// <summary>The cases of a list, each with as many columns as asked for.</summary>
    internal static IEnumerable<string[]> Read(string list, int columns) =>
        from line in File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "ToolHive", list))
        where line.Length > 0 && line[0] != '#'
        let parts = line.Split('|', columns, StringSplitOptions.TrimEntries)
        select parts.Length == columns ? parts : throw new FormatException($"{list}: {line}");

    /// <summary>A manifest.</summary>
    /// <param name="kind"><c>server</c> or <c>virtual</c>, and a version that is not v1beta1.</param>
    /// <param name="spec">The fields of its spec.</param>
    /// <param name="space">Its namespace.</param>
    internal static string Manifest(string kind, string spec, string space = "tools")
    {
        string[] parts = kind.Split(' ');
        string text = Words.Aggregate(spec, (written, word) => written.Replace(word.Short, word.Text, StringComparison.Ordinal));
        return $$"""
            apiVersion: toolhive.stacklok.dev/{{(parts.Length > 1 ? parts[1] : "v1beta1")}}
            kind: {{(parts[0] == "virtual" ? "VirtualMCPServer" : "MCPServer")}}
            metadata: { name: srv, namespace: {{space}} }
            spec: { {{text}} }

            """;
    }
}
