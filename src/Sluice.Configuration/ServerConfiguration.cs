namespace Sluice.Configuration;

/// <summary>One MCP server behind the gateway.</summary>
/// <remarks>Thread safety: immutable.</remarks>
public sealed record ServerConfiguration
{
    /// <summary>Its name, part of the identity of its buckets.</summary>
    /// <value>1 to 64 ASCII letters, digits, dots, underscores and hyphens.</value>
    public required string Name { get; init; }

    /// <summary>Where it answers: an absolute <c>http</c> or <c>https</c> URL.</summary>
    public required Uri Upstream { get; init; }

    /// <summary>The path at which the gateway serves it.</summary>
    /// <value>The default is <c>/{name}/mcp</c>.</value>
    public required string Path { get; init; }

    /// <summary>Its limits, or null for none.</summary>
    public RateLimitPolicy? Policy { get; init; }
}
