using Sluice.Configuration;

namespace Sluice.Gateway;

/// <summary>
/// Reads what limits rates around Envoy: BackendTrafficPolicy of Envoy Gateway, the file of Envoy's rate limit service, and MCPRoute and
/// QuotaPolicy of Envoy AI Gateway.
/// </summary>
/// <remarks>Source: api/v1alpha1 of envoyproxy/gateway and envoyproxy/ai-gateway, and the documentation of envoyproxy/ratelimit.</remarks>
internal sealed class EnvoyImporter : IImporter
{
    private const string Domain = "domain";
    private static readonly string[] Kinds = ["BackendTrafficPolicy", "QuotaPolicy", "MCPRoute"];

    public string Product => "envoy";

    public string FileKind => "a BackendTrafficPolicy, MCPRoute or QuotaPolicy of Envoy Gateway, or a file of Envoy's rate limit service";

    public bool Recognizes(ImportSource source) => source.Groups.Any(root => IsManifest(root) || IsServiceFile(root));

    public void Import(ImportSource source, ImportedDocument document)
    {
        EnvoyLimits limits = new();
        List<SourceGroup> routes = [];
        foreach (MappingNode node in source.Groups)
        {
            SourceGroup root = new(node, "", document);
            string kind = root.Text("kind") ?? "";
            if (IsServiceFile(node))
            {
                new EnvoyServiceFile(root, document, limits).Read();
            }
            else if (!IsManifest(node))
            {
                document.Note(node.Line, "", $"{Shown.Quote(kind)} is left out: it has no rate limits.");
            }
            else if (kind == "QuotaPolicy")
            {
                RejectQuotas(root);
            }
            else if (kind == "MCPRoute")
            {
                routes.Add(root);
            }
            else
            {
                new EnvoyTrafficPolicy(root, document, limits).Read();
            }
        }

        limits.Write(document, EnvoyServers.Write(document, routes));
    }

    private static bool IsManifest(MappingNode root) =>
        root.Find("apiVersion")?.Value is ScalarNode version && version.Value.Contains("envoyproxy.io/", StringComparison.Ordinal)
        && root.Find("kind")?.Value is ScalarNode kind && Kinds.Contains(kind.Value);

    private static bool IsServiceFile(MappingNode root) => root.Find(Domain) is not null && root.Find("descriptors")?.Value is SequenceNode;

    private static void RejectQuotas(SourceGroup policy)
    {
        SourceGroup? spec = policy.Group("spec");
        foreach (SourceGroup quota in spec?.Groups("perModelQuotas") ?? [])
        {
            int rules = quota.Groups("rules").Count();
            quota.Fault("rules", rules > 1
                ? $"has {rules} rules, of which one with quota left is enough to admit a call (OR). "
                    + "Here every limit must admit it (AND), which would "
                    + "reject calls that pass today. Decide which rule is meant, and write it as a limit of calls."
                : "counts tokens of language models, which have no equivalent: limits here count calls. Write a limit of calls instead.");
        }

        if (spec?.Has("perModelQuotas") != true)
        {
            policy.Fault("spec", "has no quota.");
        }
    }
}
