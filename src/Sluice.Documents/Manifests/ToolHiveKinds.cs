namespace Sluice.Documents;

/// <summary>Tells the objects of ToolHive that have limits from all others.</summary>
internal static class ToolHiveKinds
{
    /// <summary>The kind of one server.</summary>
    internal const string Server = "MCPServer";

    /// <summary>The kind of several servers behind one address.</summary>
    internal const string VirtualServer = "VirtualMCPServer";

    /// <summary>The kind of a proxy of a server that is elsewhere.</summary>
    internal const string RemoteProxy = "MCPRemoteProxy";

    /// <summary>The kind of a server that is elsewhere.</summary>
    internal const string Entry = "MCPServerEntry";

    /// <summary>The kind of a selection of tools.</summary>
    internal const string ToolConfig = "MCPToolConfig";

    /// <summary>The version whose fields are those of the first releases.</summary>
    internal const string FirstVersion = "v1alpha1";

    /// <summary>The group of ToolHive's kinds.</summary>
    internal const string Group = "toolhive.stacklok.dev";

    private static readonly string[] Versions = [FirstVersion, "v1beta1"];

    /// <summary>ToolHive's kinds without limits.</summary>
    /// <remarks>Source: <c>cmd/thv-operator/api</c> of github.com/stacklok/toolhive, read in November 2026.</remarks>
    private static readonly string[] Others =
    [
        RemoteProxy, Entry, "MCPGroup", "MCPRegistry", ToolConfig, "MCPOIDCConfig", "MCPExternalAuthConfig", "MCPAuthzConfig",
        "MCPTelemetryConfig", "MCPWebhookConfig", "EmbeddingServer", "VirtualMCPCompositeToolDefinition",
    ];

    /// <summary>Whether an object has limits that are to be read; otherwise what it is, if that could be mistaken, is reported.</summary>
    internal static bool HasLimits(KubernetesObject found)
    {
        if (found.Group != Group)
        {
            WarnOfNamesake(found);
            return false;
        }

        FaultList faults = found.Document.Faults;
        if (found.Kind is Server or VirtualServer)
        {
            if (Versions.Contains(found.Version))
            {
                return true;
            }

            faults.Add(
                found.Root.Find("apiVersion")!.Value,
                found.PathOf("apiVersion"),
                $"{Shown.Quote(found.Version)} is not a version of {found.Kind} that Sluice knows. "
                    + NearestName.Advice(found.Version, Versions));
        }
        else if (!Others.Contains(found.Kind))
        {
            faults.Add(
                found.Root.Find("kind")!.Value,
                found.PathOf("kind"),
                $"{Shown.Quote(found.Kind)} is not a kind of {Group}. "
                    + NearestName.Advice(found.Kind, [Server, VirtualServer, .. Others]));
        }

        return false;
    }

    /// <summary>Whether an object is a server without limits, which can be behind a virtual server.</summary>
    internal static bool IsBackend(KubernetesObject found) =>
        found.Group == Group && found.Kind is RemoteProxy or Entry && Versions.Contains(found.Version);

    /// <summary>What an object is, for a message about a document without servers.</summary>
    internal static string Describe(KubernetesObject found) =>
        found.Group.Length == 0 ? Shown.Step(found.Kind)
        : $"{Shown.Step(found.Kind)} of {Shown.Step(found.Group)}"
            + (found is { Group: KmcpKinds.Group, Kind: Server } ? " (which is kmcp's, not ToolHive's, and has no limits)" : "");

    /// <summary>Warns of a kind that has the name of ToolHive's, and no limits.</summary>
    private static void WarnOfNamesake(KubernetesObject found)
    {
        if (found.Kind is not (Server or VirtualServer))
        {
            return;
        }

        string whose = found.Group == KmcpKinds.Group ? "kmcp's" : "not ToolHive's";
        found.Document.Warnings.Add(
            found.Root.Find("kind")!.Value,
            found.PathOf("kind"),
            $"is the {found.Kind} of {Shown.Quote(found.Group)}, which is {whose} and has no limits: it is not served. "
                + "To limit it, add a server "
            + $"with its URL to a document with 'servers'. ToolHive's has 'apiVersion: {Group}/{Versions[^1]}'.");
    }
}
