namespace Sluice.Documents;

/// <summary>A server that an object of another operator describes, as far as the gateway serves it.</summary>
/// <param name="Target">How policies name it.</param>
/// <param name="Name">The name of the server: namespace, dot and name.</param>
/// <param name="Address">Where it is; null while it has no address.</param>
/// <remarks>Thread safety: immutable.</remarks>
internal sealed record ForeignServer(ResourceTarget Target, string Name, Uri? Address)
{
    /// <summary>Its own limits; null for none.</summary>
    internal RateLimitPolicy? Policy { get; init; }
}
