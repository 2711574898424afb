namespace Sluice.Gateway;

/// <summary>What one connection may hold and how slow it may be.</summary>
internal sealed record ServingBounds
{
    /// <summary>The bounds of every gateway.</summary>
    internal static ServingBounds Default { get; } = new();

    /// <summary>How long the head of a request may take to arrive.</summary>
    internal TimeSpan HeadTime { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How long a body may arrive slower than <see cref="BytesPerSecond"/>.</summary>
    internal TimeSpan BodyGrace { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How fast a body must arrive, and an answer be read, after the grace period.</summary>
    internal double BytesPerSecond { get; init; } = 240;

    /// <summary>The most bytes of a request's headers.</summary>
    internal int HeadBytes { get; init; } = 64 * 1024;

    /// <summary>The most headers of a request.</summary>
    internal int Headers { get; init; } = 100;

    /// <summary>The most connections at a time; further ones are closed at once.</summary>
    internal int Connections { get; init; } = 20_000;

    /// <summary>The most requests at a time on one connection of HTTP/2.</summary>
    internal int StreamsPerConnection { get; init; } = 256;
}
