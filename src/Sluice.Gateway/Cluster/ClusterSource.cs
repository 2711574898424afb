using Sluice.Configuration;
using Sluice.Kubernetes;

namespace Sluice.Gateway;

/// <summary>The objects of a cluster, and the configuration that they make.</summary>
/// <remarks>Thread safety: one thread, but for the properties.</remarks>
internal sealed class ClusterSource : IConfigurationSource
{
    private readonly ClusterFollower _cluster;
    private readonly ClusterReader _reader;
    private readonly ClusterStatus _status;
    private Task _changed;

    private ClusterSource(ClusterFollower cluster, ClusterStatus status, GatewayConfiguration settings)
    {
        _cluster = cluster;
        _status = status;
        _reader = new ClusterReader(settings);
        (ClusterObject[] objects, _changed) = cluster.Objects.Take();
        Started = _reader.Read(objects);
    }

    /// <summary>What the gateway is started with.</summary>
    internal ClusterSnapshot Started { get; }

    /// <summary>Waits until the objects of a cluster are known.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="status">Takes what became of the objects.</param>
    /// <param name="settings">The settings and servers of the gateway's file.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    internal static async Task<ClusterSource> StartAsync(
        ClusterFollower cluster, ClusterStatus status, GatewayConfiguration settings, CancellationToken cancellationToken)
    {
        await cluster.StartAsync(cancellationToken);
        return new ClusterSource(cluster, status, settings);
    }

    public IAsyncDisposable Follow(GatewayServers servers, TimeProvider time, ILoggerFactory loggers, StopSignals signals) =>
        new ClusterReloader(this, servers, time, loggers.CreateLogger<ClusterReloader>());

    /// <summary>Waits until the objects differ from those that were last read.</summary>
    internal Task ChangedAsync(CancellationToken cancellationToken) => _changed.WaitAsync(cancellationToken);

    /// <summary>Takes that calls are decided by a snapshot.</summary>
    internal void Report(ClusterSnapshot snapshot) => _status.Update(snapshot.Reports);

    /// <summary>Reads the objects as they are now.</summary>
    internal async Task<ClusterSnapshot> ReadAsync()
    {
        (ClusterObject[] objects, _changed) = _cluster.Objects.Take();
        return await BackgroundThread.RunAsync(() => _reader.Read(objects));
    }
}
