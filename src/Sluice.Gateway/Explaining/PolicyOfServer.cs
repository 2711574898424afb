namespace Sluice.Gateway;

/// <summary>A server of a file, and its limits.</summary>
/// <param name="Name">The server's name.</param>
/// <param name="Index">Its place in <c>servers</c>; null in a file with <c>rateLimiting</c> at its root.</param>
/// <param name="Policy">Its limits; null where it has none.</param>
internal sealed record PolicyOfServer(string Name, int? Index, RateLimitPolicy? Policy);
