namespace Sluice;

/// <summary>What the instruments read of a store.</summary>
/// <remarks>Thread safety: any thread may read at any time; a reading must not block or call out.</remarks>
internal interface IObservedStore
{
    /// <summary>Whether the store decides.</summary>
    bool IsAvailable { get; }

    /// <summary>Buckets in the memory of this process.</summary>
    long Keys { get; }

    /// <summary>Buckets that were evicted with used tokens since the store was made.</summary>
    long EvictionsWithDebt { get; }
}
