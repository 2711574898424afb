namespace Sluice.Documents;

/// <summary>Sluice's own kinds of objects in Kubernetes.</summary>
internal static class ResourceKinds
{
    /// <summary>The group of all kinds.</summary>
    internal const string Group = "sluice.dev";

    /// <summary>Their version.</summary>
    internal const string Version = "v1alpha1";

    /// <summary>An MCP server.</summary>
    internal const string Server = "Server";

    /// <summary>Several servers behind one address.</summary>
    internal const string VirtualServer = "VirtualServer";

    /// <summary>The settings of gateways.</summary>
    internal const string Gateway = "Gateway";

    /// <summary>Limits of one or more servers.</summary>
    internal const string Policy = "RateLimitPolicy";

    private static readonly string[] All = [Policy, Server, VirtualServer, Gateway];

    /// <summary>Whether an object is one of these kinds; an unknown kind of the group is reported.</summary>
    internal static bool IsKnown(KubernetesObject found)
    {
        if (found.Group != Group)
        {
            return false;
        }

        bool isKind = All.Contains(found.Kind);
        if (!isKind)
        {
            Report(found, "kind", $"{Shown.Quote(found.Kind)} is not a kind of {Group}. {NearestName.Advice(found.Kind, All)}");
        }
        else if (found.Version != Version)
        {
            Report(
                found, "apiVersion",
                $"{Shown.Quote(found.Version)} is not a version of {found.Kind}. Write 'apiVersion: {Group}/{Version}'.");
        }

        return isKind && found.Version == Version;
    }

    private static void Report(KubernetesObject found, string field, string message) =>
        found.Document.Faults.Add(found.Root.Find(field)!.Value, found.PathOf(field), message);
}
