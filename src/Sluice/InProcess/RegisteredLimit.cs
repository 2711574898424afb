namespace Sluice;

/// <summary>One version of a limit's numbers, as a store knows it.</summary>
/// <param name="Bucket">The limit's identity.</param>
/// <param name="Version">The number of the version.</param>
/// <param name="Numbers">The numbers.</param>
/// <remarks>Thread safety: immutable.</remarks>
internal sealed record RegisteredLimit(RegisteredBucket Bucket, int Version, LimitNumbers Numbers)
{
    /// <summary>The part of an entry's name that is the same for every caller.</summary>
    internal ulong Name { get; } = ((ulong)Bucket.Number << BucketEntry.VersionBits) | (uint)Version;
}
