namespace Sluice.Documents;

/// <summary>Reads kmcp's <c>MCPServer</c>, as far as it says where the server is.</summary>
/// <remarks>
/// kmcp makes a Service of the same name and namespace, with the port of <c>spec.deployment</c>. Source: <c>api/v1alpha1</c> and the
/// translator of github.com/kagent-dev/kmcp, read in November 2026. All else is checked by the cluster alone.
/// </remarks>
internal static class KmcpReader
{
    private const int DefaultPort = 3000;
    private const string DefaultPath = "/mcp";

    /// <summary>Reads an object; null when it is wrong.</summary>
    internal static ForeignServer? Read(KubernetesObject manifest)
    {
        FaultList faults = manifest.Document.Faults;
        int before = faults.Count;
        if (ResourceIdentity.Read(manifest, isServer: true) is not ResourceIdentity { Namespace: string space } identity)
        {
            return null;
        }

        MappingNode? spec = manifest.Root.Find("spec")?.Value as MappingNode;
        int port = TextOf(spec, "deployment", "port") is ScalarNode written
            ? PortOf(written, manifest.PathOf("spec.deployment.port"), faults)
            : DefaultPort;
        string path = DefaultPath;
        if (TextOf(spec, "transportType") is { Value: "http" } && TextOf(spec, "httpTransport", "path") is { Value.Length: > 0 } served)
        {
            path = served.Value[0] == '/' ? served.Value : $"/{served.Value}";
        }

        if (faults.Count > before)
        {
            return null;
        }

        Uri address = new UriBuilder("http", $"{identity.Name}.{space}.svc", port, path).Uri;
        return new ForeignServer(new ResourceTarget(manifest.Group, manifest.Kind, space, identity.Name), identity.ServerName, address);
    }

    private static int PortOf(ScalarNode written, string path, FaultList faults)
    {
        if (ushort.TryParse(written.Value, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out ushort port) && port > 0)
        {
            return port;
        }

        faults.Add(written, path, $"{written.Describe()} is not a port. Write a number from 1 to 65535.");
        return 0;
    }

    private static ScalarNode? TextOf(MappingNode? group, params ReadOnlySpan<string> path)
    {
        foreach (string step in path[..^1])
        {
            group = group?.Find(step)?.Value as MappingNode;
        }

        return group?.Find(path[^1])?.Value is ScalarNode { IsNull: false } text ? text : null;
    }
}
