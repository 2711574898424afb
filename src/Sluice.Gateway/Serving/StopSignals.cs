using System.Runtime.InteropServices;

namespace Sluice.Gateway;

/// <summary>The signals: the first that stops asks the program to stop, the second to stop at once. SIGHUP requests a reload.</summary>
/// <remarks>Thread safety: every member may be called from any thread.</remarks>
internal sealed partial class StopSignals : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _stopNow = new();
    private readonly PosixSignalRegistration[] _registrations;
    private readonly ILogger _logger;
    private volatile Action? _reload;
    private int _count;

    internal StopSignals(ILogger<StopSignals> logger)
    {
        _logger = logger;
        _registrations =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGINT, Take),
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, Take),
            PosixSignalRegistration.Create(PosixSignal.SIGQUIT, Take),
            PosixSignalRegistration.Create(PosixSignal.SIGHUP, Reload),
        ];
    }

    /// <summary>Is cancelled by the first signal.</summary>
    internal CancellationToken Stop => _stop.Token;

    /// <summary>Sets what SIGHUP does; null to ignore it.</summary>
    internal void OnReload(Action? reload) => _reload = reload;

    /// <summary>Is cancelled by the second signal.</summary>
    internal CancellationToken StopNow => _stopNow.Token;

    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations)
        {
            registration.Dispose();
        }

        _stop.Dispose();
        _stopNow.Dispose();
    }

    private void Take(PosixSignalContext context)
    {
        int count = Interlocked.Increment(ref _count);
        context.Cancel = count <= 2; // A third one ends the program as the system does.
        if (count == 1)
        {
            Log.Stopping(_logger, context.Signal);
            _stop.Cancel();
        }
        else if (count == 2)
        {
            Log.StoppingNow(_logger, context.Signal);
            _stopNow.Cancel();
        }
    }

    private void Reload(PosixSignalContext context)
    {
        context.Cancel = true;
        if (_reload is Action reload)
        {
            Log.Reloading(_logger, context.Signal);
            reload();
        }
        else
        {
            Log.Ignored(_logger, context.Signal);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(60, LogLevel.Debug, "{Signal}: stopping.")]
        internal static partial void Stopping(ILogger logger, PosixSignal signal);

        [LoggerMessage(61, LogLevel.Warning, "{Signal} again: stopping at once.")]
        internal static partial void StoppingNow(ILogger logger, PosixSignal signal);

        [LoggerMessage(64, LogLevel.Information, "{Signal}: reloading the configuration.")]
        internal static partial void Reloading(ILogger logger, PosixSignal signal);

        [LoggerMessage(
            62, LogLevel.Warning, "{Signal} was ignored: there is no file that can be read again. Restart the program to apply a change.")]
        internal static partial void Ignored(ILogger logger, PosixSignal signal);
    }
}
