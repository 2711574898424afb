using Sluice.Documents;

namespace Sluice.Gateway;

/// <summary>A server of a file, and its limits.</summary>
/// <param name="Name">The server's name.</param>
/// <param name="Index">Its place in <c>servers</c>; null in a file with <c>rateLimiting</c> at its root.</param>
/// <param name="Policy">Its limits; null where it has none.</param>
internal sealed record PolicyOfServer(string Name, int? Index, RateLimitPolicy? Policy)
{
    /// <summary>The servers behind it; null for one that is not virtual.</summary>
    internal VirtualUpstreamConfiguration? Virtual { get; init; }

    /// <summary>Whether limits depend on the server behind it to which a call goes.</summary>
    internal bool LimitsBackends => Policy?.LimitsBackends == true;

    /// <summary>The server behind it to which a call goes, as far as its name tells; else null.</summary>
    internal string? BackendOf(string method, string operation) =>
        Virtual is null ? null : new VirtualNames(Virtual).BackendOf(method, operation);
}
