using Sluice.Configuration;
using Sluice.Documents;

namespace Sluice.Gateway;

/// <summary>Checks in the background, after a start and after a reload, whether the limits match what the servers have.</summary>
/// <remarks>
/// <para>
/// It never delays a call and never fails a start. Only servers over HTTP are asked, and only those with limits for names: a command
/// would need a process of its own, and may be one that must run only once; <c>sluice validate --live</c> checks them.
/// </para>
/// <para>Each server is asked at most four times, with its own <c>headers</c> and no user's credentials. What was logged is not logged
/// again.</para>
/// </remarks>
internal sealed partial class StartCheck : IAsyncDisposable
{
    private static readonly TimeSpan ServerTimeout = TimeSpan.FromSeconds(10);

    // A gateway is often started together with its servers.
    private static readonly TimeSpan[] Pauses = [TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(5)];
    // Of several reloads in a row, the last is checked.
    private static readonly TimeSpan PauseAfterReload = TimeSpan.FromSeconds(5);
    private const int ServersAtOnce = 4;
    private const int MaxLogged = 100_000;

    private readonly Lock _gate = new();
    private readonly HashSet<string> _logged = new(StringComparer.Ordinal);
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private CancellationTokenSource _ends = new();
    private Task _check;
    private bool _isDisposed;

    private StartCheck(GatewayConfiguration configuration, TimeProvider time, ILogger<StartCheck> logger)
    {
        _time = time;
        _logger = logger;
        _check = Run(configuration, TimeSpan.Zero, _ends.Token);
    }

    /// <summary>Ends when every server has been checked, or has failed at the last attempt.</summary>
    internal Task Completion => _check;

    /// <summary>Begins the check.</summary>
    internal static StartCheck Begin(GatewayConfiguration configuration, TimeProvider time, ILogger<StartCheck> logger) =>
        new(configuration, time, logger);

    /// <summary>Begins the check of another configuration, in place of one that is under way.</summary>
    internal void Repeat(GatewayConfiguration configuration)
    {
        lock (_gate)
        {
            if (_isDisposed)
            {
                return;
            }

            _ends.Cancel();
            _ends.Dispose();
            _ends = new CancellationTokenSource();
            _check = Run(configuration, PauseAfterReload, _ends.Token);
        }
    }

    public async ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            _isDisposed = true;
            _ends.Cancel();
        }

        await _check.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // It ends by being cancelled.
        _ends.Dispose();
    }

    private Task Run(GatewayConfiguration configuration, TimeSpan pause, CancellationToken ends) =>
        Task.Run(() => RunAsync(configuration, pause, ends), CancellationToken.None);

    private bool IsNew(string line)
    {
        lock (_gate)
        {
            return _logged.Count < MaxLogged && _logged.Add(line);
        }
    }

    private async Task RunAsync(GatewayConfiguration configuration, TimeSpan pause, CancellationToken ends)
    {
        await Task.Delay(pause, _time, ends);
        using SemaphoreSlim turns = new(ServersAtOnce);
        int real = configuration.Servers.Count(server => server.Upstream is not VirtualUpstreamConfiguration);
        await Task.WhenAll(configuration.Servers.Select((server, index) => CheckAsync(
            index < real ? $"servers[{index}]" : $"virtualServers[{index - real}]", server, configuration, turns, ends)));
    }

    private async Task CheckAsync(
        string place, ServerConfiguration server, GatewayConfiguration configuration, SemaphoreSlim turns, CancellationToken cancellationToken)
    {
        if (server.Policy is not RateLimitPolicy policy || !UnmatchedLimits.HasNames(policy.Settings))
        {
            return;
        }

        ServerConfiguration[] asked = server.Upstream is VirtualUpstreamConfiguration upstream
            ? [.. upstream.Backends.Select(backend => configuration.Servers.First(other => other.Name == backend.Server))]
            : [server];
        if (!asked.All(one => one.Upstream is HttpUpstreamConfiguration))
        {
            if (server.Upstream is VirtualUpstreamConfiguration)
            {
                Log.CommandBehind(_logger, server.Name);
            }
            else
            {
                Log.Command(_logger, server.Name);
            }

            return;
        }

        ServerListing[] listings = await Task.WhenAll(asked.Select(one => AskAsync(one, turns, cancellationToken)));
        ServerListing listing = server.Upstream is VirtualUpstreamConfiguration several
            ? VirtualListing.Of(several, backend => listings[Array.FindIndex(asked, one => one.Name == backend)])
            : listings[0];
        if (listing.Names is ServerNames has)
        {
            foreach (UnmatchedLimit limit in UnmatchedLimits.Find(policy.Settings, has))
            {
                string message = limit.Message(server.Name, Shown.Quote(limit.Name));
                if (IsNew(message))
                {
                    Log.Unmatched(_logger, $"{place}.rateLimiting.{limit.Path}", message);
                }
            }
        }
        else if (listing.NeedsSignIn)
        {
            Log.NeedsSignIn(_logger, server.Name, listing.Failure!);
        }
        else
        {
            Log.NotChecked(_logger, server.Name, listing.Failure!);
        }
    }

    private async Task<ServerListing> AskAsync(ServerConfiguration server, SemaphoreSlim turns, CancellationToken cancellationToken)
    {
        ServerListing listing = await AskOnceAsync(server, turns, cancellationToken);
        foreach (TimeSpan pause in Pauses)
        {
            if (listing.Names is not null || listing.NeedsSignIn)
            {
                break;
            }

            await Task.Delay(pause, _time, cancellationToken);
            listing = await AskOnceAsync(server, turns, cancellationToken);
        }

        return listing;
    }

    private async Task<ServerListing> AskOnceAsync(ServerConfiguration server, SemaphoreSlim turns, CancellationToken cancellationToken)
    {
        await turns.WaitAsync(cancellationToken);
        try
        {
            return await ServerProbe.ReadAsync(server, ServerTimeout, _time, cancellationToken);
        }
        finally
        {
            turns.Release();
        }
    }

    private static partial class Log
    {
        [LoggerMessage(90, LogLevel.Warning, "{Path}: {Message}")]
        internal static partial void Unmatched(ILogger logger, string path, string message);

        [LoggerMessage(91, LogLevel.Debug, "The names in the limits of the server '{Server}' are not checked, since it {Why}.")]
        internal static partial void NeedsSignIn(ILogger logger, string server, string why);

        [LoggerMessage(92, LogLevel.Information,
            "The names in the limits of the server '{Server}' are not checked, since it {Why}. "
                + "'sluice validate --live' checks them later.")]
        internal static partial void NotChecked(ILogger logger, string server, string why);

        [LoggerMessage(93, LogLevel.Debug,
            "The names in the limits of the server '{Server}' are not checked, since it is a command. "
                + "'sluice validate --live' checks them.")]
        internal static partial void Command(ILogger logger, string server);

        [LoggerMessage(94, LogLevel.Debug,
            "The names in the limits of the virtual server '{Server}' are not checked, since it has a command behind it. "
                + "'sluice validate --live' checks them.")]
        internal static partial void CommandBehind(ILogger logger, string server);
    }
}
