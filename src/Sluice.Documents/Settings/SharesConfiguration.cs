namespace Sluice.Documents;

/// <summary>How busy buckets are divided among the processes that share a store.</summary>
/// <remarks>Thread safety: immutable.</remarks>
internal sealed record SharesConfiguration
{
    /// <summary>The shortest <see cref="Ttl"/>: 500 ms.</summary>
    public static readonly TimeSpan MinTtl = TimeSpan.FromMilliseconds(500);

    /// <summary>The longest <see cref="Ttl"/>: 60 s.</summary>
    public static readonly TimeSpan MaxTtl = TimeSpan.FromSeconds(60);

    /// <summary>The least <see cref="MinCapacity"/>: 2.</summary>
    public const int LeastMinCapacity = 2;

    /// <summary>The greatest <see cref="MinCapacity"/>: 1,000,000.</summary>
    public const int GreatestMinCapacity = 1_000_000;

    /// <summary>How long a share lasts without a message of its process.</summary>
    /// <value>The default is 3 s.</value>
    public TimeSpan Ttl { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>A bucket is divided if its capacity is at least so many times the greatest cost that the policy names for it.</summary>
    /// <value>The default is 50.</value>
    public int MinCapacity { get; init; } = 50;
}
