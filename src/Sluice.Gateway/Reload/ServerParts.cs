using Sluice.Mcp;
using Yarp.ReverseProxy.Forwarder;

namespace Sluice.Gateway;

/// <summary>What the servers of every configuration use.</summary>
/// <param name="Store">Where buckets are.</param>
/// <param name="Observer">Sees each decision; or null.</param>
/// <param name="Forwarder">Forwards to servers over HTTP.</param>
/// <param name="Drain">Cuts calls in flight when the gateway stops.</param>
/// <param name="Time">The clock.</param>
/// <param name="Loggers">Makes the logs.</param>
/// <param name="BeginLookup">Begins to look up a server in the current configuration.</param>
/// <param name="Stopping">Is cancelled when the gateway begins to stop.</param>
internal sealed record ServerParts(
    IRateLimitStore Store,
    ICallObserver? Observer,
    IHttpForwarder Forwarder,
    CallDrain Drain,
    TimeProvider Time,
    ILoggerFactory Loggers,
    Func<ActiveConfiguration> BeginLookup,
    CancellationToken Stopping);
