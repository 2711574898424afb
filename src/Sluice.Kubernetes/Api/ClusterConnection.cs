using k8s;
using k8s.Exceptions;

namespace Sluice.Kubernetes;

/// <summary>The way to an API server: by the service account of a pod, or by a kubeconfig.</summary>
/// <remarks>
/// When the server no longer accepts the credentials, they are read again: a token of a pod is replaced every hour, and the library reads
/// its file once a minute. Thread safety: any number of threads.
/// </remarks>
internal sealed class ClusterConnection : IDisposable
{
    private readonly Func<KubernetesClientConfiguration> _configure;
    private readonly Lock _gate = new();
    private ClusterClient? _before; // Requests that were sent before the last renewal may still use it.
    private volatile ClusterClient _client;

    /// <param name="configure">Reads the configuration.</param>
    internal ClusterConnection(Func<KubernetesClientConfiguration> configure)
    {
        _configure = configure;
        KubernetesClientConfiguration configuration = configure();
        Namespace = string.IsNullOrEmpty(configuration.Namespace) ? "default" : configuration.Namespace;
        _client = new ClusterClient(configuration);
    }

    /// <summary>The namespace of the pod, or of the context of the kubeconfig.</summary>
    internal string Namespace { get; }

    /// <summary>The client to send the next request with.</summary>
    internal ClusterClient Client => _client;

    /// <summary>Opens a connection; nothing is sent yet.</summary>
    /// <param name="kubeconfig">The file to read; null for the pod's service account, or else the file that kubectl reads.</param>
    /// <param name="why">Null, or why there is none, as a sentence.</param>
    internal static ClusterConnection? Open(string? kubeconfig, out string? why)
    {
        try
        {
            why = null;
            return new ClusterConnection(() => kubeconfig is null
                ? KubernetesClientConfiguration.BuildDefaultConfig()
                : KubernetesClientConfiguration.BuildConfigFromConfigFile(kubeconfig));
        }
        catch (Exception exception) when (exception is KubeConfigException or IOException or UnauthorizedAccessException or YamlDotNet.Core.YamlException)
        {
            why = $"{(kubeconfig is null ? "The kubeconfig" : $"'{kubeconfig}'")} cannot be used: {exception.Message}";
            return null;
        }
    }

    /// <summary>Reads the credentials again, unless that has happened since a client was taken.</summary>
    /// <param name="rejected">The client whose credentials the server did not accept.</param>
    internal void Renew(ClusterClient rejected)
    {
        lock (_gate)
        {
            if (rejected == _client)
            {
                ClusterClient next = new(_configure());
                _before?.Dispose();
                _before = rejected;
                _client = next;
            }
        }
    }

    public void Dispose()
    {
        _before?.Dispose();
        _client.Dispose();
    }
}
