using k8s;

namespace Sluice.Kubernetes;

/// <summary>
/// Sends requests to an API server with the address, the TLS settings and the credentials of a configuration of the library.
/// </summary>
/// <remarks>
/// The library's own calls are not used: they have no resume of a watch, and do not tell its end from a version that is gone. Thread
/// safety: any number of threads.
/// </remarks>
internal sealed class ClusterClient : k8s.Kubernetes
{
    private static readonly TimeSpan PingTime = TimeSpan.FromSeconds(15);

    internal ClusterClient(KubernetesClientConfiguration configuration)
        : base(WithPings(configuration))
    {
        HttpClient.Timeout = Timeout.InfiniteTimeSpan; // Each request has a limit of its own.
    }

    /// <summary>Sends a request, and reads the head of the answer.</summary>
    /// <param name="request">The request; its address is relative to the server's.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="HttpRequestException">The server could not be reached.</exception>
    internal async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        request.RequestUri = new Uri(BaseUri, request.RequestUri!);
        request.Version = new Version(2, 0);
        request.VersionPolicy = HttpVersionPolicy.RequestVersionOrLower;
        if (Credentials is not null)
        {
            await Credentials.ProcessHttpRequestAsync(request, cancellationToken);
        }

        return await HttpClient.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
    }

    // A server that is frozen, or a connection that is half open, is noticed by pings alone.
    private static KubernetesClientConfiguration WithPings(KubernetesClientConfiguration configuration)
    {
        configuration.FirstMessageHandlerSetup = handler =>
        {
            if (handler is SocketsHttpHandler sockets)
            {
                sockets.KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests;
                sockets.KeepAlivePingDelay = PingTime;
                sockets.KeepAlivePingTimeout = PingTime;
                sockets.ConnectTimeout = PingTime;
                sockets.EnableMultipleHttp2Connections = true;
            }
        };
        return configuration;
    }
}
