using System.Collections.Immutable;

namespace Sluice.Documents;

/// <summary>One MCP server behind the gateway.</summary>
/// <remarks>Thread safety: immutable.</remarks>
internal sealed record ServerConfiguration
{
    /// <summary>The shortest <see cref="Timeout"/>: 1 s.</summary>
    public static readonly TimeSpan MinTimeout = TimeSpan.FromSeconds(1);

    /// <summary>The longest <see cref="Timeout"/>: 1 day.</summary>
    public static readonly TimeSpan MaxTimeout = TimeSpan.FromDays(1);

    /// <summary>The <see cref="Timeout"/> of a server that sets none: 10 minutes, since tools may take their time.</summary>
    public static readonly TimeSpan DefaultTimeout = TimeSpan.FromMinutes(10);

    /// <summary>The smallest <see cref="MaxRequestBytes"/>: 1 KiB.</summary>
    public const int MaxRequestBytesLowerBound = 1024;

    /// <summary>The largest <see cref="MaxRequestBytes"/>: 256 MiB.</summary>
    public const int MaxRequestBytesUpperBound = 256 * 1024 * 1024;

    /// <summary>The <see cref="MaxRequestBytes"/> of a server that sets none: 4 MiB.</summary>
    public const int DefaultMaxRequestBytes = 4 * 1024 * 1024;

    /// <summary>Its name, part of the identity of its buckets.</summary>
    /// <value>1 to 64 ASCII letters, digits, dots, underscores and hyphens.</value>
    public required string Name { get; init; }

    /// <summary>The way to it: an address, a command, or other servers.</summary>
    public required UpstreamConfiguration Upstream { get; init; }

    /// <summary>The path at which the gateway serves it.</summary>
    /// <value>The default is <c>/{name}/mcp</c>.</value>
    public required string Path { get; init; }

    /// <summary>Whether clients reach it at its own path too; otherwise only virtual servers use it.</summary>
    /// <value>The default is true.</value>
    public bool IsExposed { get; init; } = true;

    /// <summary>Whether virtual servers send it the <c>Authorization</c> header of their callers.</summary>
    /// <value>The default is false. At its own path it gets the header in any case.</value>
    public bool ForwardAuthorization { get; init; }

    /// <summary>How long it may take to begin an answer; a stream that has begun has no limit.</summary>
    /// <value>From 1 s to 1 day. The default is 10 minutes.</value>
    public TimeSpan Timeout { get; init; } = DefaultTimeout;

    /// <summary>The largest body of a request that is read; a larger one is answered 413.</summary>
    /// <value>Bytes, from 1 KiB to 256 MiB. The default is 4 MiB.</value>
    public int MaxRequestBytes { get; init; } = DefaultMaxRequestBytes;

    /// <summary>
    /// Whether requests whose <c>Mcp-Method</c>, <c>Mcp-Name</c> or <c>MCP-Protocol-Version</c> disagrees with the body are rejected
    /// here; otherwise that is left to the server.
    /// </summary>
    public bool StrictHeaders { get; init; }

    /// <summary>
    /// Headers that the server gets with each request, such as its credentials; one of a client with such a name is replaced.
    /// </summary>
    /// <value>Names that differ in more than case; values that may be secret. The default is none.</value>
    public ImmutableArray<KeyValuePair<string, string>> Headers { get; init; } = [];

    /// <summary>The scopes that clients are told to ask for when they sign in, besides those of <see cref="Allow"/>.</summary>
    /// <value>The default is none.</value>
    public ImmutableArray<string> Scopes { get; init; } = [];

    /// <summary>What callers may do, by entries of which one must allow a call; null when every known caller may do everything.</summary>
    public ImmutableArray<AllowRule>? Allow { get; init; }

    /// <summary>Whether callers may ask what is left in their limits, at <see cref="UsagePathOf"/>.</summary>
    /// <value>The default is false.</value>
    public bool Usage { get; init; }

    /// <summary>Its limits, or null for none.</summary>
    public RateLimitPolicy? Policy { get; init; }

    /// <summary>The path at which callers of a server see what is left in their limits: <c>/{name}/limits</c>.</summary>
    internal static string UsagePathOf(string name) => $"/{name}/limits";
}
