namespace Sluice.Mcp;

/// <summary>An answer that the gateway gives itself, ready for the wire.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="ContentType">The media type of <paramref name="Body"/>; null when there is no body.</param>
/// <param name="Body">The bytes; empty for a notification, which gets no answer.</param>
/// <param name="RetryAfterSeconds">The value of <c>Retry-After</c>, at least 1; null where waiting does not help.</param>
public sealed record Rejection(int Status, string? ContentType, ReadOnlyMemory<byte> Body, long? RetryAfterSeconds);
