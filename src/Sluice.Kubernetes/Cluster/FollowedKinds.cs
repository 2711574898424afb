using Sluice.Documents;

namespace Sluice.Kubernetes;

/// <summary>The kinds of objects that a gateway follows in a cluster.</summary>
internal static class FollowedKinds
{
    /// <summary>Our servers.</summary>
    internal static ResourceKind Servers { get; } = Own(ResourceKinds.Server);

    /// <summary>Our virtual servers.</summary>
    internal static ResourceKind VirtualServers { get; } = Own(ResourceKinds.VirtualServer);

    /// <summary>Our policies.</summary>
    internal static ResourceKind Policies { get; } = Own(ResourceKinds.Policy);

    /// <summary>ToolHive's servers.</summary>
    internal static ResourceKind ToolHiveServers { get; } = new(
        ToolHiveKinds.Group, "v1beta1", "mcpservers", ToolHiveKinds.Server, IsOptional: true);

    /// <summary>ToolHive's virtual servers.</summary>
    internal static ResourceKind ToolHiveVirtualServers { get; } =
        new(ToolHiveKinds.Group, "v1beta1", "virtualmcpservers", ToolHiveKinds.VirtualServer, IsOptional: true);

    /// <summary>kmcp's servers.</summary>
    internal static ResourceKind KmcpServers { get; } = new(
        KmcpKinds.Group, KmcpKinds.Version, "mcpservers", KmcpKinds.Server, IsOptional: true);

    /// <summary>Our gateways, which only a gateway follows that was started with the name of one.</summary>
    internal static ResourceKind Gateways { get; } = Own(ResourceKinds.Gateway);

    /// <summary>All of them, but for gateways.</summary>
    internal static ResourceKind[] All { get; } = [Servers, VirtualServers, Policies, ToolHiveServers, ToolHiveVirtualServers, KmcpServers];

    private static ResourceKind Own(string kind) => new(
        ResourceKinds.Group, ResourceKinds.Version, CustomResource.All.Single(resource => resource.Kind == kind).Plural, kind);
}
