namespace Sluice.Gateway;

/// <summary>What came of <c>initialize</c> at a backend.</summary>
/// <param name="link">The way to the backend; after a reload that leads elsewhere the session is not there any more.</param>
/// <param name="sessionId">The backend's session; null for a backend without sessions.</param>
/// <param name="version">The version of the protocol that the backend chose.</param>
/// <param name="capabilities">The backend's capabilities.</param>
/// <param name="instructions">The backend's instructions; or null.</param>
/// <remarks>Two are equal only where they are the same session.</remarks>
internal sealed class OpenedBackend(
    ServerLink link, string? sessionId, string? version, BackendCapabilities capabilities, string? instructions)
{
    internal ServerLink Link => link;

    internal string? SessionId => sessionId;

    internal string? Version => version;

    internal BackendCapabilities Capabilities => capabilities;

    internal string? Instructions => instructions;

    /// <summary>Why there is no session, as a clause; null where there is one.</summary>
    internal string? Failure { get; private init; }

    /// <summary>No session.</summary>
    internal static OpenedBackend Failed(ServerLink link, string why) => new(link, null, null, default, null) { Failure = why };

    /// <summary>Whether the backend has a capability.</summary>
    internal bool Has(BackendCapabilities capability) => capabilities.HasFlag(capability);
}
