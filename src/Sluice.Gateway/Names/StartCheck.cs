using Sluice.Configuration;

namespace Sluice.Gateway;

/// <summary>Checks in the background, when a gateway has started, whether its limits match what its servers have.</summary>
/// <remarks>
/// <para>
/// It never delays a call and never fails a start. Only servers over HTTP are asked, and only those with limits for names: a command
/// would need a process of its own, and may be one that must run only once; <c>sluice validate --live</c> checks them.
/// </para>
/// <para>Each server is asked at most four times, with its own <c>headers</c> and no user's credentials.</para>
/// </remarks>
internal sealed partial class StartCheck : IAsyncDisposable
{
    private static readonly TimeSpan ServerTimeout = TimeSpan.FromSeconds(10);

    // A gateway is often started together with its servers.
    private static readonly TimeSpan[] Pauses = [TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(5)];
    private const int ServersAtOnce = 4;

    private readonly CancellationTokenSource _ends = new();
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Task _check;

    private StartCheck(GatewayConfiguration configuration, TimeProvider time, ILogger<StartCheck> logger)
    {
        _time = time;
        _logger = logger;
        _check = Task.Run(() => RunAsync(configuration), CancellationToken.None);
    }

    /// <summary>Ends when every server has been checked, or given up.</summary>
    internal Task Completion => _check;

    /// <summary>Begins the check.</summary>
    internal static StartCheck Begin(GatewayConfiguration configuration, TimeProvider time, ILogger<StartCheck> logger) =>
        new(configuration, time, logger);

    public async ValueTask DisposeAsync()
    {
        await _ends.CancelAsync();
        await _check.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // It ends by being cancelled.
        _ends.Dispose();
    }

    private async Task RunAsync(GatewayConfiguration configuration)
    {
        using SemaphoreSlim turns = new(ServersAtOnce);
        await Task.WhenAll(configuration.Servers.Select((server, index) => CheckAsync(index, server, turns, _ends.Token)));
    }

    private async Task CheckAsync(int index, ServerConfiguration server, SemaphoreSlim turns, CancellationToken cancellationToken)
    {
        if (server.Policy is not RateLimitPolicy policy || !UnmatchedLimits.HasNames(policy.Settings))
        {
            return;
        }

        if (server.Upstream is not HttpUpstreamConfiguration)
        {
            Log.Command(_logger, server.Name);
            return;
        }

        ServerListing listing = await AskAsync(server, turns, cancellationToken);
        if (listing.Names is ServerNames has)
        {
            foreach (UnmatchedLimit limit in UnmatchedLimits.Find(policy.Settings, has))
            {
                Log.Unmatched(_logger, $"servers[{index}].rateLimiting.{limit.Path}", limit.Message(server.Name, Shown.Quote(limit.Name)));
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
            "The names in the limits of the server '{Server}' are not checked, since it {Why}. 'sluice validate --live' checks them later.")]
        internal static partial void NotChecked(ILogger logger, string server, string why);

        [LoggerMessage(93, LogLevel.Debug,
            "The names in the limits of the server '{Server}' are not checked, since it is a command. 'sluice validate --live' checks them.")]
        internal static partial void Command(ILogger logger, string server);
    }
}
