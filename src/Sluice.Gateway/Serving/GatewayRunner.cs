using System.Security.Cryptography;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Sluice.Documents;
using Sluice.Mcp;
using Sluice.Redis;

namespace Sluice.Gateway;

/// <summary>Runs a gateway from its start until the program is stopped.</summary>
internal static partial class GatewayRunner
{
    /// <summary>How long a stop at once may take, for the errors of the calls that are cut.</summary>
    private static readonly TimeSpan StopNowTime = TimeSpan.FromSeconds(2);

    /// <summary>Runs a gateway.</summary>
    /// <param name="configuration">What to serve.</param>
    /// <param name="source">Tells of changes of the configuration while the gateway runs; or null.</param>
    /// <param name="time">The clock of everything that the gateway counts.</param>
    /// <param name="observer">Is told of every metered call; or null.</param>
    /// <param name="onListening">Called with the address of clients, and the admin address or null, once the gateway is ready.</param>
    /// <param name="portInUse">What to say when the address is taken.</param>
    /// <param name="log">How much is logged.</param>
    /// <param name="cancellationToken">Stops the gateway.</param>
    /// <returns>The program's exit code.</returns>
    internal static async Task<int> RunAsync(
        GatewayConfiguration configuration,
        IConfigurationSource? source,
        TimeProvider time,
        ICallObserver? observer,
        Action<Uri, Uri?> onListening,
        string portInUse,
        LogSettings log,
        CancellationToken cancellationToken)
    {
        if (FileKeys.FirstFault(configuration.Auth) is string fault)
        {
            return CommandLine.Fail(fault);
        }

        OtlpVariables variables = OtlpVariables.Read(out string? wrong);
        if (wrong is not null)
        {
            return CommandLine.Fail(wrong);
        }

        using ILoggerFactory loggers = LoggerFactory.Create(logging => GatewayLog.Configure(logging, log));
        if (AudienceAdvice.For(configuration) is string advice)
        {
            Log.Advice(loggers.CreateLogger<JwtAuthenticator>(), advice);
        }

        using StopSignals signals = new(loggers.CreateLogger<StopSignals>());
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, signals.Stop);
        try
        {
            await using GatewayTelemetry telemetry = GatewayTelemetry.Start(
                variables,
                new MetricReaders(IsScraped: configuration.Admin is not null, EmitsToolHive: configuration.ToolHive is not null),
                SeriesBounds.Of(configuration),
                loggers,
                time);
            await using CallJournals? journals = CallJournals.Open(JournalSettings.Of(configuration), time, loggers, out string? unopened);
            if (journals is null)
            {
                return CommandLine.Fail(unopened!);
            }

            await using OpenStore? store = await Stores.OpenAsync(configuration.Store, journals.Recorder, time, loggers, stop.Token);
            return store is null
                ? CommandLine.Failure
                : await ServeAsync(
                    configuration, source, store.Store, journals, time, observer, onListening, portInUse, telemetry, loggers, log, signals, stop.Token);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return CommandLine.Success; // It was stopped before it was ready.
        }
    }

    private static async Task<int> ServeAsync(
        GatewayConfiguration configuration,
        IConfigurationSource? source,
        IRateLimitStore store,
        CallJournals journals,
        TimeProvider time,
        ICallObserver? observer,
        Action<Uri, Uri?> onListening,
        string portInUse,
        GatewayTelemetry telemetry,
        ILoggerFactory loggers,
        LogSettings log,
        StopSignals signals,
        CancellationToken stop)
    {
        using Certificates? certificates = ReadCertificates(configuration.Tls, time, loggers, out string? unread);
        if (unread is not null)
        {
            return CommandLine.Fail(unread);
        }

        if (await ClashCheck.FindAsync(configuration, time, stop) is { Length: > 0 } clashes)
        {
            return CommandLine.Fail(string.Join('\n', clashes));
        }

        GatewayCounts? counts = configuration.Admin is null ? null : new GatewayCounts(time);
        await using WebApplication application = GatewayApplication.Build(
            configuration, store, time, Observe(configuration, store, journals.Observe(observer, counts)), ServingBounds.Default, certificates, log);
        if (await WhyNotStartedAsync(application, configuration.Listen, "listen", portInUse, stop) is string fault)
        {
            return CommandLine.Fail(fault);
        }

        await using WebApplication? admin = configuration.Admin is AdminConfiguration settings
            ? AdminApplication.Build(
                new RunningGateway(
                    application.Services.GetRequiredService<GatewayServers>(), store, telemetry.Metrics, counts!, time, stop)
                {
                    Journals = journals,
                },
                settings,
                certificates,
                log)
            : null;
        if (admin is not null)
        {
            Uri listen = configuration.Admin!.Listen;
            string inUse = $"{listen.Authority} is in use. Stop the program that uses it, or set another port in 'admin.listen'.";
            if (await WhyNotStartedAsync(admin, listen, "admin.listen", inUse, stop) is string adminFault)
            {
                return CommandLine.Fail(adminFault);
            }
        }

        await using StartCheck check = StartCheck.Begin(configuration, time, loggers.CreateLogger<StartCheck>());
        GatewayServers servers = application.Services.GetRequiredService<GatewayServers>();
        SeriesBounds bounds = SeriesBounds.Of(configuration);
        servers.Applied += applied => Follow(applied, bounds, counts, check, loggers);
        await using IAsyncDisposable? following = source?.Follow(servers, time, loggers, signals);
        onListening(AddressOf(application), admin is null ? null : AddressOf(admin));
        await StopAsync(application, configuration.Stop.Delay, time, loggers.CreateLogger<StopSignals>(), signals, stop);
        return CommandLine.Success;
    }

    /// <summary>Starts to listen; returns why that is not possible, or null.</summary>
    private static async Task<string?> WhyNotStartedAsync(
        WebApplication application, Uri listen, string field, string portInUse, CancellationToken stop)
    {
        try
        {
            await application.StartAsync(stop);
            return null;
        }
        catch (IOException exception) when (exception.InnerException is AddressInUseException)
        {
            return portInUse;
        }
        catch (Exception exception) when (exception is IOException or System.Net.Sockets.SocketException)
        {
            return $"cannot listen on {listen.Authority}: {exception.Message} Set another address in '{field}'.";
        }
    }

    /// <summary>The observers of decisions: the given one, and ToolHive's metrics where they are configured.</summary>
    internal static ICallObserver? Observe(GatewayConfiguration configuration, IRateLimitStore store, ICallObserver? observer)
    {
        if (configuration.ToolHive is not ToolHiveCompatibility compatibility)
        {
            return observer;
        }

        ToolHiveMetrics toolHive = new(compatibility.Namespace);
        if (store is RedisStore redis)
        {
            redis.Failed += toolHive.CountRedisError;
        }

        return CallObservers.Of(observer, toolHive);
    }

    /// <summary>Applies a reload to the parts that serve no calls.</summary>
    private static void Follow(
        ActiveConfiguration applied, SeriesBounds started, GatewayCounts? counts, StartCheck check, ILoggerFactory loggers)
    {
        counts?.Forget([.. applied.Servers.Select(server => (server.Name, server.Policy))]);
        check.Repeat(applied.Configuration);
        if (started.WhyTooSmallFor(SeriesBounds.Of(applied.Configuration)) is string tooSmall)
        {
            Log.TooManySeries(loggers.CreateLogger<GatewayTelemetry>(), tooSmall);
        }
    }

    /// <summary>Waits until the gateway is told to stop, and stops it.</summary>
    private static async Task StopAsync(
        WebApplication application, TimeSpan delay, TimeProvider time, ILogger logger, StopSignals signals, CancellationToken stop)
    {
        using CancellationTokenSource stopped =
            CancellationTokenSource.CreateLinkedTokenSource(stop, application.Lifetime.ApplicationStopping);
        await WaitAsync(Timeout.InfiniteTimeSpan, time, stopped.Token);
        if (delay > TimeSpan.Zero)
        {
            Log.Delayed(logger, delay);
            await WaitAsync(delay, time, signals.StopNow); // Connections are accepted until load balancers have noticed the stop.
        }

        using CancellationTokenSource late = new(Timeout.InfiniteTimeSpan, time);
        using CancellationTokenRegistration now = signals.StopNow.Register(() =>
        {
            application.Services.GetRequiredService<CallDrain>().CutNow();
            late.CancelAfter(StopNowTime);
        });
        await application.StopAsync(late.Token);
    }

    private static async Task WaitAsync(TimeSpan time, TimeProvider clock, CancellationToken ends) =>
        await Task.Delay(time, clock, ends).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    private static Certificates? ReadCertificates(
        TlsConfiguration? tls, TimeProvider time, ILoggerFactory loggers, out string? unread)
    {
        unread = null;
        try
        {
            return tls is null ? null : Certificates.Watch(tls, time, loggers.CreateLogger<Certificates>());
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or CryptographicException)
        {
            unread = $"tls: '{tls!.Certificate}' and '{tls.Key}' are not a certificate and its key: "
                + $"{exception.Message} Name two PEM files.";
            return null;
        }
    }

    private static Uri AddressOf(WebApplication application) =>
        new(application.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.First());

    private static partial class Log
    {
        [LoggerMessage(63, LogLevel.Information, "Stopping in {Delay}; until then connections are accepted. Another signal stops at once.")]
        internal static partial void Delayed(ILogger logger, TimeSpan delay);

        [LoggerMessage(
            65, LogLevel.Warning,
            "{Why}, so the rest is counted without labels. Restart the gateway to drop the series of limits that were removed.")]
        internal static partial void TooManySeries(ILogger logger, string why);

        [LoggerMessage(1, LogLevel.Warning, "{Advice}")]
        internal static partial void Advice(ILogger logger, string advice);
    }
}
