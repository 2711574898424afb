namespace Sluice.Documents;

/// <summary>
/// The fields of ToolHive's <c>spec</c> that Sluice does not read, and what is lost where that changes what callers may do.
/// </summary>
/// <remarks>Source: <c>cmd/thv-operator/api</c> of github.com/stacklok/toolhive, read in November 2026.</remarks>
internal static class ToolHiveFields
{
    private const string NoCredentials =
        "Sluice does not add credentials for the server. "
            + "Write them in 'headers' of a server in a document of your own, or let the upstream add them.";

    private const string NoAuthorization =
        "Sluice does not decide by this who may call which tool. "
            + "Write 'allow' of a server in a document of your own, or let the upstream decide.";

    /// <summary>What of <c>MCPServer</c> is of no concern to limits: how the server is run.</summary>
    private static readonly string[] OfServer =
    [
        "args", "env", "volumes", "resources", "secrets", "serviceAccount", "permissionProfile", "podTemplateSpec", "resourceOverrides",
        "telemetryConfigRef", "trustProxyHeaders", "endpointPrefix", "proxyReadTimeout", "proxyWriteTimeout", "port", "targetPort",
        "proxyMode", "telemetry", "oidcConfig", "authServerRef", "audit", "tools",
    ];

    private static readonly string[] OfVirtualServer =
    [
        "serviceAccount", "podTemplateSpec", "telemetryConfigRef", "embeddingServerRef", "authServerConfig", "imagePullSecrets", "passthroughHeaders",
        "operational", "compositeTools", "compositeToolRefs", "aggregation", "tokenCache",
    ];

    private static readonly Dictionary<string, string> Lost = new(StringComparer.Ordinal)
    {
        ["authzConfig"] = NoAuthorization,
        ["authzConfigRef"] = NoAuthorization,
        ["toolConfigRef"] = "Sluice does not filter or rename tools. Limits count the names that the upstream has.",
        ["webhookConfigRef"] = "Sluice calls no webhooks. Calls that a webhook would reject or change are forwarded as they are.",
        ["externalAuthConfigRef"] = NoCredentials,
        ["outgoingAuth"] = NoCredentials,
    };

    /// <summary>
    /// Checks the fields of a <c>spec</c> that no reader reads: one that may be misspelt is a fault, one that matters a warning.
    /// </summary>
    /// <param name="spec">The fields.</param>
    /// <param name="path">Their path.</param>
    /// <param name="isVirtual">Whether it is a virtual server.</param>
    /// <param name="read">The fields that are read.</param>
    /// <param name="document">The document.</param>
    internal static void Check(MappingNode spec, string path, bool isVirtual, string[] read, SourceDocument document)
    {
        string[] known = [.. read, .. isVirtual ? OfVirtualServer : OfServer, .. Lost.Keys];
        foreach (Field field in spec.Fields)
        {
            string at = $"{path}.{Shown.Step(field.Name)}";
            if (isVirtual && field.Name == "rateLimiting")
            {
                document.Faults.Add(field, at, "is not where a VirtualMCPServer has its limits. Move it to 'spec.config.rateLimiting'.");
            }
            else if (Lost.TryGetValue(field.Name, out string? lost))
            {
                document.Warnings.Add(field, at, lost);
            }
            else if (!known.Contains(field.Name))
            {
                if (NearestName.Find(field.Name, known) is string near)
                {
                    document.Faults.Add(field, at, $"{Shown.Quote(field.Name)} is not a field. Did you mean '{near}'?");
                }
                else
                {
                    document.Warnings.Add(field, at, "is not a field that Sluice knows, and has no effect here.");
                }
            }
        }
    }
}
