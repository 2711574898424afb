namespace Sluice.Gateway;

/// <summary>Looks at the files of the configuration: at intervals, when the system notifies of a change, and when it is asked to.</summary>
/// <remarks>
/// <para>
/// Notifications make a reload fast. They are not relied on: network and container file systems have none, and a system may allow few.
/// </para>
/// <para>Thread safety: any number of threads.</para>
/// </remarks>
internal sealed partial class ConfigurationWatch : IAsyncDisposable
{
    /// <summary>The time between two looks.</summary>
    internal static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    /// <summary>The shortest time between two looks, however many notifications come.</summary>
    private static readonly TimeSpan MinInterval = TimeSpan.FromMilliseconds(50);

    private readonly ConfigurationReloader _reloader;
    private readonly FileNotices _notices;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _ends = new();
    private readonly Task _watching;
    private readonly Lock _gate = new();
    private TaskCompletionSource _woken = NewSignal();
    private CancellationTokenSource _asked = new();

    private ConfigurationWatch(ConfigurationReloader reloader, TimeProvider time, ILogger<ConfigurationWatch> logger)
    {
        _reloader = reloader;
        _time = time;
        _logger = logger;
        _notices = new FileNotices(Wake, reason => Log.NoNotifications(logger, Interval, reason));
        _watching = Task.Run(RunAsync, CancellationToken.None);
    }

    /// <summary>Begins to watch.</summary>
    internal static ConfigurationWatch Begin(ConfigurationReloader reloader, TimeProvider time, ILogger<ConfigurationWatch> logger) =>
        new(reloader, time, logger);

    /// <summary>Asks for a reload at once, whether a file has changed or not.</summary>
    /// <remarks>It does not wait until the files stop changing, as a look does.</remarks>
    internal void Reload()
    {
        lock (_gate)
        {
            if (_ends.IsCancellationRequested)
            {
                return;
            }

            _asked.Cancel();
        }

        Wake();
    }

    public async ValueTask DisposeAsync()
    {
        await _ends.CancelAsync();
        await _watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // It ends by being cancelled.
        _notices.Dispose();
        _reloader.Dispose();
        lock (_gate)
        {
            _asked.Dispose();
        }

        _ends.Dispose();
    }

    private async Task RunAsync()
    {
        while (!_ends.IsCancellationRequested)
        {
            _notices.Watch(_reloader.Files);
            await WaitAsync();
            if (!_asked.IsCancellationRequested)
            {
                await UnlessAskedAsync(stop => Task.Delay(MinInterval, _time, stop));
            }

            await LookAsync();
        }
    }

    private async Task WaitAsync()
    {
        using CancellationTokenSource waited = CancellationTokenSource.CreateLinkedTokenSource(_ends.Token);
        await Task.WhenAny(Volatile.Read(ref _woken).Task, Task.Delay(Interval, _time, waited.Token));
        await waited.CancelAsync();
        Volatile.Write(ref _woken, NewSignal());
    }

    private async Task LookAsync()
    {
        try
        {
            await (TakeAsked() ? _reloader.ReloadAsync(_ends.Token) : UnlessAskedAsync(_reloader.LookAsync));
        }
        catch (Exception exception) when (!_ends.IsCancellationRequested)
        {
            Log.Failed(_logger, exception); // The gateway goes on; the next look may succeed.
        }
    }

    /// <summary>Whether a reload was asked for since the last time.</summary>
    private bool TakeAsked()
    {
        lock (_gate)
        {
            if (!_asked.IsCancellationRequested)
            {
                return false;
            }

            _asked.Dispose();
            _asked = new CancellationTokenSource();
            return true;
        }
    }

    /// <summary>Does something until a reload is asked for, which then comes next.</summary>
    private async Task UnlessAskedAsync(Func<CancellationToken, Task> act)
    {
        CancellationToken asked = _asked.Token;
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(_ends.Token, asked);
        try
        {
            await act(stop.Token);
        }
        catch (OperationCanceledException) when (asked.IsCancellationRequested && !_ends.IsCancellationRequested)
        {
            // RunAsync goes on with what was asked for.
        }
    }

    private void Wake() => Volatile.Read(ref _woken).TrySetResult();

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static partial class Log
    {
        [LoggerMessage(110, LogLevel.Information,
            "The system does not notify of changed files ({Reason}). The configuration is looked at every {Interval}.")]
        internal static partial void NoNotifications(ILogger logger, TimeSpan interval, string reason);

        [LoggerMessage(111, LogLevel.Error, "The configuration could not be reloaded, and the previous one stays in use.")]
        internal static partial void Failed(ILogger logger, Exception exception);
    }
}
