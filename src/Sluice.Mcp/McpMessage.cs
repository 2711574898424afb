namespace Sluice.Mcp;

/// <summary>One JSON-RPC message, as far as a limiter needs it.</summary>
/// <remarks>
/// <para>It refers to the bytes that were read and must not outlive them.</para>
/// <para>Thread safety: immutable.</para>
/// </remarks>
public sealed record McpMessage
{
    /// <summary>Request, notification or response.</summary>
    public required McpMessageKind Kind { get; init; }

    /// <summary>The method; empty for a response.</summary>
    public required string Method { get; init; }

    /// <summary>
    /// What the call names: the tool or prompt of <c>params.name</c>, or the resource of <c>params.uri</c>; null for
    /// methods that name nothing.
    /// </summary>
    public string? Operation { get; init; }

    /// <summary>The id as the very bytes of its JSON, to be echoed; empty when there is none.</summary>
    public ReadOnlyMemory<byte> Id { get; init; }

    /// <summary>The version that a modern request carries in <c>params._meta</c>, or null.</summary>
    public string? ProtocolVersion { get; init; }

    /// <summary>The era in which to answer, given the version of the HTTP header: the body's version goes first.</summary>
    public McpEra EraWith(string? headerVersion) => McpVersions.EraOf(ProtocolVersion ?? headerVersion);
}
