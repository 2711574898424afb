namespace Sluice.Gateway;

/// <summary>A file or folder that is read again when it changes, and on SIGHUP.</summary>
/// <param name="start">The document, and the content that the gateway was started with.</param>
internal sealed class DocumentSource(WatchStart start) : IConfigurationSource
{
    /// <summary>The source of a document; null for one that can be read once only.</summary>
    internal static DocumentSource? Of(WatchStart? start) => start is null ? null : new DocumentSource(start);

    public IAsyncDisposable Follow(GatewayServers servers, TimeProvider time, ILoggerFactory loggers, StopSignals signals)
    {
        ConfigurationReloader reloader = new(start, servers, time, loggers.CreateLogger<ConfigurationReloader>());
        ConfigurationWatch watch = ConfigurationWatch.Begin(reloader, time, loggers.CreateLogger<ConfigurationWatch>());
        signals.OnReload(watch.Reload);
        return watch;
    }
}
