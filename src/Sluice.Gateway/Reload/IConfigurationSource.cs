namespace Sluice.Gateway;

/// <summary>Tells a running gateway of each change of its configuration.</summary>
internal interface IConfigurationSource
{
    /// <summary>Begins to follow changes, until the result is disposed of.</summary>
    /// <param name="servers">What serves by the configuration.</param>
    /// <param name="time">The clock of pauses.</param>
    /// <param name="loggers">Makes the logs.</param>
    /// <param name="signals">The signals of the system, one of which asks for a reload.</param>
    IAsyncDisposable Follow(GatewayServers servers, TimeProvider time, ILoggerFactory loggers, StopSignals signals);
}
