using Sluice.Documents;
using Sluice.Kubernetes;

namespace Sluice.Gateway;

/// <summary>
/// Makes the objects of a cluster, with the gateway's file, the current configuration of a gateway whenever one of them has changed.
/// </summary>
/// <remarks>
/// Changes that come together are applied together. An object that is wrong is logged once for each of its generations. Thread safety: any
/// number of threads.
/// </remarks>
internal sealed partial class ClusterReloader : IReloadTarget, IAsyncDisposable
{
    /// <summary>For how long further changes are waited for, so that a hundred objects that are applied at once are one change.</summary>
    internal static readonly TimeSpan Settling = TimeSpan.FromMilliseconds(50);

    private readonly ClusterSource _source;
    private readonly GatewayServers _servers;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _ends = new();
    private readonly SemaphoreSlim _turn = new(1, 1); // The objects and the file change at the same time.
    private readonly Lock _results = new();
    private readonly Task _following;
    private HashSet<(string Uid, long Generation)> _logged = [];
    private ReloadResult? _objects;
    private ReloadResult? _file;
    private IAsyncDisposable? _first;

    /// <summary>Begins to follow the changes.</summary>
    internal ClusterReloader(ClusterSource source, GatewayServers servers, TimeProvider time, ILogger<ClusterReloader> logger)
    {
        _source = source;
        _servers = servers;
        _time = time;
        _logger = logger;
        Note(source.Started);
        _following = Task.Run(FollowAsync, CancellationToken.None);
    }

    public GatewayConfiguration Configuration => _source.FileSettings;

    /// <summary>The result of the last reload of the file.</summary>
    public ReloadResult? LastReload
    {
        set => Publish(() => _file = value);
    }

    /// <summary>Ends something before this ends: what calls it.</summary>
    internal void EndFirst(IAsyncDisposable caller) => _first = caller;

    public Task ApplyAsync(GatewayConfiguration configuration) => InTurnAsync(() => _source.ReadAsync(configuration, Apply));

    public async ValueTask DisposeAsync()
    {
        if (_first is not null)
        {
            await _first.DisposeAsync();
        }

        await _ends.CancelAsync();
        await _following.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // It ends by being cancelled.
        _turn.Dispose();
        _ends.Dispose();
    }

    private async Task FollowAsync()
    {
        while (!_ends.IsCancellationRequested)
        {
            await _source.ChangedAsync(_ends.Token);
            await Task.Delay(Settling, _time, _ends.Token);
            try
            {
                await InTurnAsync(() => _source.ReadAsync(Apply));
            }
            catch (Exception exception) when (!_ends.IsCancellationRequested)
            {
                Log.Failed(_logger, exception); // The gateway goes on; the next change may be read.
            }
        }
    }

    private async Task InTurnAsync(Func<Task> act)
    {
        await _turn.WaitAsync(_ends.Token);
        try
        {
            await act();
        }
        finally
        {
            _turn.Release();
        }
    }

    private void Apply(ClusterSnapshot snapshot)
    {
        GatewayConfiguration configuration = snapshot.Configuration;
        if (configuration.Version != _servers.Current.Version)
        {
            _servers.Apply(configuration);
            ReloadMetrics.Count(isApplied: true);
            Log.Reloaded(_logger, configuration.Version, configuration.Servers.Length);
        }

        Note(snapshot);
    }

    private void Note(ClusterSnapshot snapshot)
    {
        Publish(() => _objects = new ReloadResult(_time.GetUtcNow(), snapshot.FaultLines, []));
        HashSet<(string Uid, long Generation)> wrong = [];
        foreach (ResourceReport report in snapshot.Reports.Where(report => !report.Faults.IsEmpty))
        {
            (string, long) key = (report.Object.Uid, report.Object.Generation);
            wrong.Add(key);
            if (!_logged.Contains(key))
            {
                ReloadMetrics.Count(isApplied: false);
                Log.Invalid(_logger, report.Object.Generation, Environment.NewLine + FaultFormatter.Format(report.Faults));
            }
        }

        _logged = wrong;
        _source.Report(snapshot);
    }

    // What is wrong with the file is stated until it is right, whatever becomes of the objects, and the other way round.
    private void Publish(Action set)
    {
        lock (_results)
        {
            set();
            ReloadResult[] both = [.. new[] { _file, _objects }.OfType<ReloadResult>()];
            _servers.LastReload = new ReloadResult(
                both.Max(result => result.At), [.. both.SelectMany(result => result.Faults)], [.. both.SelectMany(result => result.NeedsRestart)]);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(
            310, LogLevel.Information, "The configuration has changed by the cluster or the file: version {Version}, servers: {Servers}.")]
        internal static partial void Reloaded(ILogger logger, string version, int servers);

        [LoggerMessage(
            311, LogLevel.Error,
            "An object of the cluster is invalid. Its generation {Generation} is not used; an earlier valid one stays in use:{Faults}")]
        internal static partial void Invalid(ILogger logger, long generation, string faults);

        [LoggerMessage(312, LogLevel.Error, "The objects of the cluster could not be read, and the previous configuration stays in use.")]
        internal static partial void Failed(ILogger logger, Exception exception);
    }
}
