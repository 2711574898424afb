namespace Sluice.Gateway;

/// <summary>What the command line says about a cluster.</summary>
/// <param name="Kubeconfig">The kubeconfig; null for the pod's service account, or else the file that kubectl reads.</param>
/// <param name="Namespace">The namespace to follow; null for all.</param>
/// <param name="Gateway">The name of the Gateway of this process; null for none.</param>
/// <param name="RequiresPolicy">Whether a server that no policy limits is not served.</param>
internal sealed record KubernetesRunSettings(
    string? Kubeconfig, string? Namespace = null, string? Gateway = null, bool RequiresPolicy = false)
{
    /// <summary>The clock of everything.</summary>
    internal TimeProvider Time { get; init; } = TimeProvider.System;
}
