namespace Sluice.Redis;

/// <summary>
/// Divides busy token buckets among the processes, so that a process decides most calls from memory. All processes together still admit
/// no more than the limits.
/// </summary>
/// <remarks>
/// Every process that uses the same keys must have the same values. A process with other values, or without shares, is rejected by name
/// while one with these runs.
/// </remarks>
public sealed class RedisSharesOptions
{
    /// <summary>How long a share lasts in Redis without a message of its process.</summary>
    /// <value>
    /// From 500 ms to 60 s. The default is 3 s. It is renewed three times in this time; after a crash its tokens are unused for about as
    /// long.
    /// </value>
    public TimeSpan Ttl { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>A bucket is divided if its capacity is at least so many times the greatest cost that the policy names for it.</summary>
    /// <value>From 2 to 1,000,000. The default is 50.</value>
    public int MinCapacity { get; set; } = 50;

    /// <summary>A bucket is divided if it refills at least so many tokens a second.</summary>
    internal int MinRate { get; set; } = ShareRules.DefaultMinRate;
}
