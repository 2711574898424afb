namespace Sluice.AspNetCore;

/// <summary>Says on an endpoint that its calls are limited, and by which policy.</summary>
/// <param name="Policy">The policy's name.</param>
public sealed record RateLimitsMetadata(string Policy);
