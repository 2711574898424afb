namespace Sluice;

/// <summary>How much an <see cref="InProcessStore"/> remembers.</summary>
/// <remarks>Thread safety: not safe while it is being written. A store reads it once.</remarks>
public sealed class InProcessStoreOptions
{
    /// <summary>The fewest <see cref="MaxKeys"/>.</summary>
    public const int MaxKeysLowerBound = 1;

    /// <summary>The most <see cref="MaxKeys"/>: 8 GB of buckets.</summary>
    public const int MaxKeysUpperBound = 134_217_728;

    /// <summary>
    /// The most buckets of callers that are remembered at once. Beyond that, buckets that are full again are evicted, and then those with
    /// the fewest used tokens, whose debt is kept for all callers that come in their place.
    /// </summary>
    /// <value>
    /// From 1 to 134,217,728. The default is 1,000,000. A bucket takes 57 bytes of memory, which is reserved when the store is
    /// made and used as callers come. The calls that are being decided may exceed the number by their own limits.
    /// </value>
    public int MaxKeys { get; set; } = 1_000_000;
}
