namespace Sluice.Mcp;

/// <summary>One JSON-RPC message, as far as a limiter needs it.</summary>
/// <remarks>
/// <para><see cref="Id"/> refers to the bytes that were read and must not outlive them.</para>
/// <para>Thread safety: immutable.</para>
/// </remarks>
public sealed record McpMessage
{
    /// <summary>Request, notification or response.</summary>
    public required McpMessageKind Kind { get; init; }

    /// <summary>The method; empty for a response.</summary>
    /// <value>1 to 128 characters of <c>A-Z a-z 0-9 _ $ . / -</c>; never a method of the protocol in another case.</value>
    public required string Method { get; init; }

    /// <summary>
    /// What the call names: the tool or prompt of <c>params.name</c>, or the resource of <c>params.uri</c>; null for
    /// methods that name nothing. It may be empty, and it is as the caller wrote it.
    /// </summary>
    public string? Operation { get; init; }

    /// <summary>The id as the very bytes of its JSON, to be echoed; empty when there is none.</summary>
    public ReadOnlyMemory<byte> Id { get; init; }

    /// <summary>The version that a modern request carries in <c>params._meta</c>, or null.</summary>
    public string? ProtocolVersion { get; init; }

    /// <summary>
    /// Whether a policy may be asked about the message: whatever has a method, except <c>notifications/*</c>.
    /// </summary>
    /// <value>
    /// True for a <c>tools/call</c> without an id: servers may run it, so it is charged like any other, and where it is
    /// rejected it is dropped without an answer.
    /// </value>
    public bool IsMeterable =>
        Kind != McpMessageKind.Response
        && !Method.StartsWith(MethodNames.NotificationPrefix, StringComparison.Ordinal);

    /// <summary>Whether the answer is a stream that only the client or the server ends: <c>subscriptions/listen</c>.</summary>
    public bool IsLongStream => Kind == McpMessageKind.Request && Method == MethodNames.SubscriptionsListen;

    /// <summary>The era in which to answer, given the version of the HTTP header: the body's version goes first.</summary>
    /// <param name="headerVersion">The value of <see cref="McpVersions.HeaderName"/>, or null.</param>
    public McpEra EraWith(string? headerVersion) => McpVersions.EraOf(ProtocolVersion ?? headerVersion);
}
