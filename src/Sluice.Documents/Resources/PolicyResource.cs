using System.Collections.Immutable;

namespace Sluice.Documents;

/// <summary>A <c>RateLimitPolicy</c> of <c>sluice.dev</c>.</summary>
/// <param name="Manifest">Its object.</param>
/// <param name="Identity">Which object it is.</param>
/// <param name="Targets">What it limits.</param>
/// <param name="Limits">Its limits, without faults.</param>
/// <remarks>Thread safety: immutable.</remarks>
internal sealed record PolicyResource(
    KubernetesObject Manifest, ResourceIdentity Identity, ImmutableArray<TargetReference> Targets, RateLimitingSettings Limits)
{
    /// <summary>The fields from the root to the limits.</summary>
    internal static readonly string[] LimitsPath = ["spec", "rateLimiting"];

    /// <summary>The limits as they are written.</summary>
    internal MappingNode Written =>
        LimitsPath.Aggregate<string, MappingNode>(Manifest.Root, (group, step) => (MappingNode)group.Find(step)!.Value);

    /// <summary>How messages name it.</summary>
    internal string Name => Identity.Namespace is null ? Identity.Name : $"{Identity.Namespace}/{Identity.Name}";

    /// <summary>The limits as those of one tool; only for a policy whose reader found nothing that a tool cannot have.</summary>
    /// <param name="tool">The tool's name.</param>
    internal OperationSettings LimitsOf(string tool)
    {
        MappingNode written = Written;
        return new()
        {
            Name = tool,
            Shared = Limits.Shared,
            PerTenant = Limits.PerTenant,
            PerUser = Limits.PerUser,
            PerClient = Limits.PerClient,
            Concurrency = Limits.Concurrency,
            Overrides = Limits.Overrides,
            Cost = Has("cost") ? Limits.Cost : null,
            Wait = Has("wait") ? Limits.Wait : null,
            Mode = Has("mode") ? Limits.Mode : null,
            OnStoreFailure = Has("onStoreFailure") ? Limits.OnStoreFailure : null,
            Shares = Has("shares") ? Limits.Shares : null,
            Rejection = Has("rejection") ? Limits.Rejection : null,
        };

        bool Has(string field) => written.Find(field) is not null; // Else the tool has what the server has.
    }
}
