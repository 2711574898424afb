namespace Sluice.Documents;

/// <summary>What a file says about one server that a client starts for itself and speaks to over standard input and output.</summary>
/// <remarks>Thread safety: immutable.</remarks>
internal sealed record LocalConfiguration
{
    /// <summary>The server's limits, or null for none.</summary>
    public RateLimitPolicy? Policy { get; init; }

    /// <summary>How to start the server, or null where the file does not say.</summary>
    public CommandUpstreamConfiguration? Command { get; init; }

    /// <summary>How long an answer may take once the client has closed its input.</summary>
    /// <value>From 1 s to 1 day. The default is 10 minutes.</value>
    public TimeSpan Timeout { get; init; } = ServerConfiguration.DefaultTimeout;

    /// <summary>How long calls in flight may take when the program is told to stop.</summary>
    /// <value>From 0 to 1 day. The default is 10 s.</value>
    public TimeSpan Drain { get; init; } = StopConfiguration.Default.Drain;

    /// <summary>Where buckets are kept.</summary>
    /// <value>The default is the memory of this process.</value>
    public StoreConfiguration Store { get; init; } = StoreConfiguration.Memory;

    /// <summary>Events of rejections; null for none.</summary>
    public AuditConfiguration? Audit { get; init; }

    /// <summary>Where every metered call is recorded; null for nowhere.</summary>
    public LogFileConfiguration? Record { get; init; }

    /// <summary>Whether each rejection carries an id.</summary>
    /// <value>The default is false.</value>
    public bool DecisionIds { get; init; }
}
