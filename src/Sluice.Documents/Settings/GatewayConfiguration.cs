using System.Collections.Immutable;

namespace Sluice.Documents;

/// <summary>A gateway's configuration, checked: what its file says, ready to run.</summary>
/// <remarks>Thread safety: immutable.</remarks>
internal sealed record GatewayConfiguration
{
    /// <summary>Where to listen: scheme, host and port, of which 0 means any free one.</summary>
    /// <value>The default is <c>http://127.0.0.1:8080</c>.</value>
    public required Uri Listen { get; init; }

    /// <summary>The certificate of an <c>https</c> address; null for <c>http</c>.</summary>
    public TlsConfiguration? Tls { get; init; }

    /// <summary>How callers are known.</summary>
    /// <value>The default is <see cref="AuthConfiguration.None"/>: callers are not identified.</value>
    public AuthConfiguration Auth { get; init; } = AuthConfiguration.None;

    /// <summary>The web pages that may call the gateway and read all that it answers.</summary>
    /// <value>The default is none beside those that a server itself allows.</value>
    public ImmutableArray<AllowedOrigin> CorsOrigins { get; init; } = [];

    /// <summary>Where buckets are kept.</summary>
    /// <value>The default is the memory of this process.</value>
    public StoreConfiguration Store { get; init; } = StoreConfiguration.Memory;

    /// <summary>How many long streams may be open, and for how long.</summary>
    /// <value>The default is <see cref="StreamBounds.Default"/>.</value>
    public StreamBounds Streams { get; init; } = StreamBounds.Default;

    /// <summary>How the gateway stops.</summary>
    /// <value>The default is <see cref="StopConfiguration.Default"/>.</value>
    public StopConfiguration Stop { get; init; } = StopConfiguration.Default;

    /// <summary>The address for operators; null for none.</summary>
    public AdminConfiguration? Admin { get; init; }

    /// <summary>Events of rejections; null for none.</summary>
    public AuditConfiguration? Audit { get; init; }

    /// <summary>Where every metered call is recorded; null for nowhere.</summary>
    public LogFileConfiguration? Record { get; init; }

    /// <summary>Whether each rejection carries an id, by which it can be looked up.</summary>
    /// <value>The default is false.</value>
    public bool DecisionIds { get; init; }

    /// <summary>Whether ToolHive's metrics are emitted too; null when they are not.</summary>
    public ToolHiveCompatibility? ToolHive { get; init; }

    /// <summary>Names the content that it was read from, so that each decision can name the configuration that made it.</summary>
    /// <value>
    /// The first 16 hexadecimal digits of the SHA-256 of the file, and of the key files that it names. It tells nothing of the values that
    /// <c>${…}</c> refers to. Empty for a configuration that was not read from a text.
    /// </value>
    public string Version { get; init; } = "";

    /// <summary>The servers; at least one, with different names and paths.</summary>
    public required ImmutableArray<ServerConfiguration> Servers { get; init; }
}
