using System.Collections.Immutable;
using Sluice.Documents;
using Sluice.Kubernetes;

namespace Sluice.Gateway;

/// <summary>The objects of a cluster, and the configuration that they make with the gateway's file.</summary>
/// <remarks>Thread safety: one thread at a time.</remarks>
internal sealed partial class ClusterSource : IConfigurationSource
{
    private readonly ClusterFollower _cluster;
    private readonly ClusterStatus _status;
    private readonly GatewayObject? _gateway;
    private readonly WatchStart? _file;
    private readonly TimeProvider _time;
    private ClusterReader _reader;
    private GatewayReading? _good; // What is in use of the gateway's own object.
    private volatile Task _changed;

    private ClusterSource(
        ClusterFollower cluster, ClusterStatus status, ClusterReader reader, GatewayConfiguration file, GatewayReading? reading, GatewayObject? gateway, WatchStart? watched, TimeProvider time)
    {
        _cluster = cluster;
        _status = status;
        _gateway = gateway;
        _file = watched;
        _time = time;
        _reader = reader;
        FileSettings = file;
        _good = reading;
        (ClusterObject[] objects, _changed) = cluster.Objects.Take();
        Started = With(reader.Read(Served(objects, reading)), reading?.Report(reading.Object?.Generation, []));
    }

    /// <summary>What the gateway is started with.</summary>
    internal ClusterSnapshot Started { get; }

    /// <summary>The settings and servers of the gateway's file that are in use.</summary>
    internal GatewayConfiguration FileSettings { get; private set; }

    /// <summary>Waits until the objects of a cluster are known, and the gateway's own object can be used.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="status">Takes what became of the objects.</param>
    /// <param name="reader">Makes a configuration of the objects and the gateway's file.</param>
    /// <param name="gateway">The object with settings; null for none.</param>
    /// <param name="file">The gateway's file, which is read again when it changes; null for none.</param>
    /// <param name="time">The clock of pauses.</param>
    /// <param name="logger">The log.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    internal static async Task<ClusterSource> StartAsync(
        ClusterFollower cluster,
        ClusterStatus status,
        ClusterReader reader,
        GatewayObject? gateway,
        WatchStart? file,
        TimeProvider time,
        ILogger<ClusterSource> logger,
        CancellationToken cancellationToken)
    {
        await cluster.StartAsync(cancellationToken);
        GatewayConfiguration settings = reader.Settings;
        GatewayReading? reading = gateway is null
            ? null
            : await WaitForGatewayAsync(cluster, status, gateway, time, logger, cancellationToken);
        return new ClusterSource(
            cluster, status, reading is null ? reader : reader.With(Combine(settings, reading)), settings, reading, gateway, file, time);
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

    /// <summary>Waits until the objects differ from those that were last read, or Secrets are to be read again.</summary>
    internal async Task ChangedAsync(CancellationToken cancellationToken)
    {
        if (_gateway is null)
        {
            await _changed.WaitAsync(cancellationToken);
            return;
        }

        using CancellationTokenSource done = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await Task.WhenAny(_changed, Task.Delay(GatewayObject.Interval, _time, done.Token));
        await done.CancelAsync();
        cancellationToken.ThrowIfCancellationRequested();
    }

    /// <summary>Takes that calls are decided by a snapshot.</summary>
    internal void Report(ClusterSnapshot snapshot) => _status.Update(snapshot.Reports);

    /// <summary>Reads the objects as they are now.</summary>
    /// <param name="apply">Makes it the current configuration. What it throws leaves the earlier settings in use.</param>
    internal Task ReadAsync(Action<ClusterSnapshot> apply) => ReadAsync(FileSettings, apply);

    /// <summary>Reads the objects as they are now, with another file of the gateway.</summary>
    /// <param name="file">What the file says.</param>
    /// <param name="apply">Makes it the current configuration. What it throws leaves the earlier settings in use.</param>
    internal async Task ReadAsync(GatewayConfiguration file, Action<ClusterSnapshot> apply)
    {
        (ClusterObject[] objects, _changed) = _cluster.Objects.Take();
        GatewayReading? reading = _gateway is null ? null : await _gateway.ReadAsync(CancellationToken.None);
        GatewayReading? good = reading?.Resource is null ? _good : reading; // Else the earlier one stays in use.
        ImmutableArray<string> kept = [];
        GatewayConfiguration settings = good is null ? file : FixedSettings.Keep(_reader.Settings, Combine(file, good), out kept);
        ClusterReader reader = settings.Version == _reader.Settings.Version ? _reader : _reader.With(settings);
        ClusterSnapshot snapshot = await BackgroundThread.RunAsync(() => reader.Read(Served(objects, good)));
        apply(With(snapshot, reading?.Report(good!.Object!.Generation, kept)));
        (_reader, FileSettings, _good) = (reader, file, good);
    }

    private static async Task<GatewayReading> WaitForGatewayAsync(
        ClusterFollower cluster, ClusterStatus status, GatewayObject gateway, TimeProvider time, ILogger logger, CancellationToken cancellationToken)
    {
        string? logged = null;
        while (true)
        {
            (_, Task changed) = cluster.Objects.Take();
            GatewayReading reading = await gateway.ReadAsync(cancellationToken);
            if (reading.Resource is not null)
            {
                return reading;
            }

            status.Update(reading.Report(null, []) is ResourceReport report ? [report] : []);
            string why = reading.WhyNot(gateway.Namespace, gateway.Name);
            if (why != logged)
            {
                logged = why;
                Log.Waits(logger, why);
            }

            using CancellationTokenSource done = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            await Task.WhenAny(changed, Task.Delay(StatusWriter.Interval, time, done.Token));
            await done.CancelAsync();
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    private static GatewayConfiguration Combine(GatewayConfiguration file, GatewayReading reading) =>
        reading.Resource!.Over(file) with { Version = $"{file.Version}-{reading.Version}" };

    private static ClusterObject[] Served(ClusterObject[] objects, GatewayReading? gateway) =>
        [.. objects.Where(found => found.Kind != FollowedKinds.Gateways && gateway?.Resource?.Namespaces?.Contains(found.Namespace) != false)];

    private static ClusterSnapshot With(ClusterSnapshot snapshot, ResourceReport? gateway) =>
        gateway is null ? snapshot : snapshot with { Reports = [.. snapshot.Reports, gateway] };

    private static partial class Log
    {
        [LoggerMessage(315, LogLevel.Warning, "The gateway waits for its settings: {Why}")]
        internal static partial void Waits(ILogger logger, string why);
    }
}
