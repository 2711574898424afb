using Sluice.Configuration;
using Sluice.Kubernetes;

namespace Sluice.Gateway;

/// <summary>The objects of a cluster, and the configuration that they make with the gateway's file.</summary>
/// <remarks>Thread safety: one thread at a time.</remarks>
internal sealed class ClusterSource : IConfigurationSource
{
    private readonly ClusterFollower _cluster;
    private readonly ClusterStatus _status;
    private readonly WatchStart? _file;
    private ClusterReader _reader;
    private volatile Task _changed;

    private ClusterSource(ClusterFollower cluster, ClusterStatus status, ClusterReader reader, WatchStart? file)
    {
        _cluster = cluster;
        _status = status;
        _reader = reader;
        _file = file;
        (ClusterObject[] objects, _changed) = cluster.Objects.Take();
        Started = reader.Read(objects);
    }

    /// <summary>What the gateway is started with.</summary>
    internal ClusterSnapshot Started { get; }

    /// <summary>The settings and servers of the gateway's file that are in use.</summary>
    internal GatewayConfiguration Settings => _reader.Settings;

    /// <summary>Waits until the objects of a cluster are known.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="status">Takes what became of the objects.</param>
    /// <param name="reader">Makes a configuration of the objects and the gateway's file.</param>
    /// <param name="file">The gateway's file, which is read again when it changes; null for none.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    internal static async Task<ClusterSource> StartAsync(
        ClusterFollower cluster, ClusterStatus status, ClusterReader reader, WatchStart? file, CancellationToken cancellationToken)
    {
        await cluster.StartAsync(cancellationToken);
        return new ClusterSource(cluster, status, reader, file);
    }

    public IAsyncDisposable Follow(GatewayServers servers, TimeProvider time, ILoggerFactory loggers, StopSignals signals)
    {
        ClusterReloader reloader = new(this, servers, time, loggers.CreateLogger<ClusterReloader>());
        if (_file is not null)
        {
            ConfigurationReloader file = new(_file, reloader, time, loggers.CreateLogger<ConfigurationReloader>());
            ConfigurationWatch watch = ConfigurationWatch.Begin(file, time, loggers.CreateLogger<ConfigurationWatch>());
            signals.OnReload(watch.Reload);
            reloader.EndFirst(watch);
        }

        return reloader;
    }

    /// <summary>Waits until the objects differ from those that were last read.</summary>
    internal Task ChangedAsync(CancellationToken cancellationToken) => _changed.WaitAsync(cancellationToken);

    /// <summary>Takes that calls are decided by a snapshot.</summary>
    internal void Report(ClusterSnapshot snapshot) => _status.Update(snapshot.Reports);

    /// <summary>Reads the objects as they are now.</summary>
    internal Task<ClusterSnapshot> ReadAsync() => ReadAsync(_reader);

    /// <summary>Reads the objects as they are now, with another file of the gateway.</summary>
    /// <param name="settings">What the file says.</param>
    /// <param name="apply">Makes it the current configuration. What it throws leaves the earlier file in use.</param>
    internal async Task ReadAsync(GatewayConfiguration settings, Action<ClusterSnapshot> apply)
    {
        ClusterReader changed = _reader.With(settings);
        apply(await ReadAsync(changed));
        _reader = changed;
    }

    private Task<ClusterSnapshot> ReadAsync(ClusterReader reader)
    {
        (ClusterObject[] objects, _changed) = _cluster.Objects.Take();
        return BackgroundThread.RunAsync(() => reader.Read(objects));
    }
}
