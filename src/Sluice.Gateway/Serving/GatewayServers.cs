using Sluice.Configuration;
using Sluice.Mcp;
using Yarp.ReverseProxy.Forwarder;

namespace Sluice.Gateway;

/// <summary>The servers behind a gateway; what they hold, processes above all, ends with the gateway.</summary>
/// <remarks>The host stops it after Kestrel, so that calls under way come to their end first.</remarks>
internal sealed class GatewayServers(
    GatewayConfiguration configuration,
    IRateLimitStore store,
    ICallObserver? observer,
    IHttpForwarder forwarder,
    CallDrain drain,
    TimeProvider time,
    ILoggerFactory loggers) : IHostedService
{
    private static readonly string[] ReloadResults = ["applied", "rejected"];

    internal GatewayServer[] All { get; } = Create(configuration, store, observer, forwarder, drain, time, loggers);

    public Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (string result in ReloadResults)
        {
            SluiceInstruments.ConfigReloads.Add(0, SluiceInstruments.Label("result", result));
        }

        foreach (GatewayServer server in All)
        {
            server.Gate.Telemetry.StartCounters();
            ObservedServers.Add(server.Proxy.Active);
        }

        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        foreach (GatewayServer server in All)
        {
            ObservedServers.Remove(server.Proxy.Active);
        }

        return Task.WhenAll(All.Select(server => server.DisposeAsync().AsTask()));
    }

    private static GatewayServer[] Create(
        GatewayConfiguration configuration,
        IRateLimitStore store,
        ICallObserver? observer,
        IHttpForwarder forwarder,
        CallDrain drain,
        TimeProvider time,
        ILoggerFactory loggers)
    {
        TrustedProxies proxies = new(configuration.Auth.TrustedProxy?.From ?? []);
        StreamKeepAlive keepAlive = new(configuration.Streams.KeepAlive, time);
        return
        [
            .. configuration.Servers.Select(
                server => new GatewayServer(server, store, observer, proxies, forwarder, drain, keepAlive, time, loggers)),
        ];
    }
}
