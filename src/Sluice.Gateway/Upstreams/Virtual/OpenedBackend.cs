using Sluice.Mcp;

namespace Sluice.Gateway;

/// <summary>What came of <c>initialize</c> at a backend, or of <c>server/discover</c>.</summary>
/// <param name="link">The way to the backend; after a reload that leads elsewhere the session is not there any more.</param>
/// <param name="sessionId">The backend's session; null for a backend without sessions, as all of the modern era are.</param>
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

    /// <summary>Whether the backend is spoken to in the era without sessions.</summary>
    internal bool IsModern { get; } = McpVersions.EraOf(version) == McpEra.Modern;

    /// <summary>How long this may be used; null for as long as there is no error.</summary>
    internal TimeSpan? Life { get; init; }

    /// <summary>When it was read.</summary>
    internal long Since { get; init; }

    internal BackendCapabilities Capabilities => capabilities;

    internal string? Instructions => instructions;

    /// <summary>Why there is no session, as a clause; null where there is one.</summary>
    internal string? Failure { get; private init; }

    /// <summary>Whether the backend may have said no because it speaks the other era only.</summary>
    internal bool MaySpeakOtherEra { get; private init; }

    /// <summary>No session.</summary>
    /// <param name="link">The way to the backend.</param>
    /// <param name="why">Why, as a clause.</param>
    /// <param name="maySpeakOtherEra">Whether the other era may be tried.</param>
    internal static OpenedBackend Failed(ServerLink link, string why, bool maySpeakOtherEra = false) =>
        new(link, null, null, default, null) { Failure = why, MaySpeakOtherEra = maySpeakOtherEra };

    /// <summary>Whether the backend has a capability.</summary>
    internal bool Has(BackendCapabilities capability) => capabilities.HasFlag(capability);
}
