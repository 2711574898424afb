using System.Collections.Immutable;
using Microsoft.Extensions.Logging;

namespace Sluice.Kubernetes;

/// <summary>Keeps the status of the objects of a cluster, by whichever gateway leads.</summary>
/// <remarks>Thread safety: any number of threads.</remarks>
internal sealed class ClusterStatus : IAsyncDisposable
{
    /// <summary>The name of the lease of gateways without a name.</summary>
    internal const string LeaseName = "sluice";

    private readonly StatusWriter _writer;
    private readonly CancellationTokenSource _ends = new();
    private readonly Task _running;

    /// <summary>Begins to ask for the lease, and to write.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="gateway">The name of the gateway, of which each has a lease of its own; null for none.</param>
    /// <param name="identity">Who this process is; different for each.</param>
    /// <param name="time">The clock.</param>
    /// <param name="loggers">Makes the logs.</param>
    internal ClusterStatus(ClusterFollower cluster, string? gateway, string identity, TimeProvider time, ILoggerFactory loggers)
    {
        LeaderLease lease = new(
            cluster.Namespace, gateway is null ? LeaseName : $"{LeaseName}-{gateway}", identity, cluster.Requests, time, loggers.CreateLogger<LeaderLease>());
        _writer = new StatusWriter(cluster.Requests, cluster.Objects, lease, time, loggers.CreateLogger<StatusWriter>());
        _running = Task.WhenAll(
            Task.Run(() => lease.RunAsync(_ends.Token), CancellationToken.None), Task.Run(() => _writer.RunAsync(_ends.Token), CancellationToken.None));
    }

    /// <summary>Takes what became of all objects.</summary>
    internal void Update(ImmutableArray<ResourceReport> reports) => _writer.Update(reports);

    public async ValueTask DisposeAsync()
    {
        await _ends.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // It ends by being cancelled.
        _ends.Dispose();
    }
}
