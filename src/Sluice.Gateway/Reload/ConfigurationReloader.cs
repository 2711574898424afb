using System.Collections.Immutable;
using Sluice.Configuration;
using Sluice.Documents;

namespace Sluice.Gateway;

/// <summary>Reads the document again when it has changed, and makes a valid one the current configuration.</summary>
/// <remarks>
/// <para>
/// A document that is being written is not taken: what the files hold must be the same at two looks, and an invalid document is looked
/// at again before it is rejected. A rejected document changes nothing.
/// </para>
/// <para>Thread safety: any number of threads; reloads take place one after another.</para>
/// </remarks>
/// <param name="start">The document, and the content that the gateway was started with.</param>
/// <param name="target">Takes what the document says.</param>
/// <param name="time">The clock of the pauses.</param>
/// <param name="logger">The log.</param>
internal sealed partial class ConfigurationReloader(
    WatchStart start, IReloadTarget target, TimeProvider time, ILogger<ConfigurationReloader> logger) : IDisposable
{
    /// <summary>For how long the files must not change before they are read.</summary>
    internal static readonly TimeSpan Settling = TimeSpan.FromMilliseconds(100);

    /// <summary>The pauses in which an invalid document may become valid.</summary>
    private static readonly TimeSpan[] Pauses =
        [TimeSpan.FromMilliseconds(100), TimeSpan.FromMilliseconds(200), TimeSpan.FromMilliseconds(400)];

    private const int MaxSettling = 50;
    private readonly SemaphoreSlim _turn = new(1, 1);
    private string _handled = start.Hash;
    private string _applied = start.Hash;
    private string? _logged;
    private int _sameVersion = 1;

    /// <summary>The files and folders on which the configuration depends.</summary>
    internal ImmutableArray<string> Files => start.Document.Files;

    /// <summary>Reloads the document if a file has changed since the last time.</summary>
    internal Task LookAsync(CancellationToken cancellationToken) => InTurnAsync(LookInTurnAsync, cancellationToken);

    /// <summary>Reloads the document, whether it has changed or not.</summary>
    internal Task ReloadAsync(CancellationToken cancellationToken) => InTurnAsync(stop => ReloadInTurnAsync(isAsked: true, stop), cancellationToken);

    public void Dispose() => _turn.Dispose();

    private async Task InTurnAsync(Func<CancellationToken, Task> act, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            await act(cancellationToken);
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task LookInTurnAsync(CancellationToken cancellationToken)
    {
        string seen = await BackgroundThread.RunAsync(start.Document.Look);
        if (seen == _handled)
        {
            return;
        }

        for (int looks = 0; looks < MaxSettling; looks++)
        {
            await Task.Delay(Settling, time, cancellationToken);
            string before = seen;
            seen = await BackgroundThread.RunAsync(start.Document.Look);
            if (seen == before)
            {
                break;
            }
        }

        if (seen != _handled) // Else it is as it was before.
        {
            await ReloadInTurnAsync(isAsked: false, cancellationToken);
        }
    }

    private async Task ReloadInTurnAsync(bool isAsked, CancellationToken cancellationToken)
    {
        (GatewayFileResult result, string hash) = await BackgroundThread.RunAsync(start.Document.Read);
        foreach (TimeSpan pause in Pauses)
        {
            if (result.Configuration is not null)
            {
                break;
            }

            await Task.Delay(pause, time, cancellationToken);
            if (await BackgroundThread.RunAsync(start.Document.Look) != hash)
            {
                (result, hash) = await BackgroundThread.RunAsync(start.Document.Read);
            }
        }

        _handled = hash;
        if (result.Configuration is GatewayConfiguration configuration)
        {
            await ApplyAsync(configuration, hash, isAsked);
        }
        else
        {
            Reject([.. result.Faults.Select(fault => fault with { File = Path.GetFileName(fault.File) })], hash, isAsked);
        }
    }

    private async Task ApplyAsync(GatewayConfiguration configuration, string hash, bool isAsked)
    {
        GatewayConfiguration before = target.Configuration;
        GatewayConfiguration effective = FixedSettings.Keep(before, configuration, out ImmutableArray<string> kept) with
        {
            Version = VersionOf(configuration, hash, before.Version),
        };
        try
        {
            await target.ApplyAsync(effective);
        }
        catch (FormatException exception)
        {
            Reject([new Fault(Path.GetFileName(start.Document.Path), 0, 0, "auth.jwt.key", exception.Message)], hash, isAsked);
            return;
        }

        _applied = hash;
        _logged = null;
        target.LastReload = new ReloadResult(time.GetUtcNow(), [], kept);
        ReloadMetrics.Count(isApplied: true);
        Log.Reloaded(logger, effective.Version, effective.Servers.Length, Changes(before, effective));
        if (!kept.IsEmpty)
        {
            Log.NeedsRestart(logger, string.Join(", ", kept));
        }
    }

    private void Reject(ImmutableArray<Fault> faults, string hash, bool isAsked)
    {
        target.LastReload = new ReloadResult(time.GetUtcNow(), [.. faults.Select(fault => fault.ToString())], []);
        ReloadMetrics.Count(isApplied: false);
        if (_logged != hash)
        {
            _logged = hash;
            Log.Rejected(logger, Environment.NewLine + FaultFormatter.Format(faults));
        }
        else if (isAsked)
        {
            Log.StillRejected(logger);
        }
    }

    /// <summary>
    /// The version of a configuration; where only secrets have changed, which the version must not depend on, it is numbered.
    /// </summary>
    private string VersionOf(GatewayConfiguration configuration, string hash, string before)
    {
        if (hash == _applied)
        {
            return before;
        }

        _sameVersion = before.Split('.')[0] == configuration.Version ? _sameVersion + 1 : 1;
        return _sameVersion == 1 ? configuration.Version : $"{configuration.Version}.{_sameVersion}";
    }

    private static string Changes(GatewayConfiguration before, GatewayConfiguration after)
    {
        string[] old = [.. before.Servers.Select(server => server.Name)];
        string[] now = [.. after.Servers.Select(server => server.Name)];
        string added = string.Join(", ", now.Except(old, StringComparer.Ordinal));
        string removed = string.Join(", ", old.Except(now, StringComparer.Ordinal));
        return (added.Length == 0 ? "" : $" Added: {added}.") + (removed.Length == 0 ? "" : $" Removed: {removed}.");
    }

    private static partial class Log
    {
        [LoggerMessage(100, LogLevel.Information, "The configuration was reloaded: version {Version}, servers: {Servers}.{Changes}")]
        internal static partial void Reloaded(ILogger logger, string version, int servers, string changes);

        [LoggerMessage(101, LogLevel.Error, "The changed configuration is invalid, and the previous one stays in use:{Faults}")]
        internal static partial void Rejected(ILogger logger, string faults);

        [LoggerMessage(102, LogLevel.Error, "The configuration is still invalid, and the previous one stays in use. Its faults have been logged.")]
        internal static partial void StillRejected(ILogger logger);

        [LoggerMessage(103, LogLevel.Warning, "These settings have changed, and keep their values until a restart: {Settings}.")]
        internal static partial void NeedsRestart(ILogger logger, string settings);
    }
}
