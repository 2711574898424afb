namespace Sluice.Redis;

/// <summary>The times and thresholds of shares.</summary>
/// <remarks>Thread safety: immutable.</remarks>
internal sealed record ShareSettings
{
    /// <summary>How long a share lasts in Redis without a message of its process.</summary>
    /// <value>From 500 ms to 60 s. The default is 3 s.</value>
    internal long TtlMicros { get; init; } = 3_000_000;

    /// <summary>
    /// How long a process uses a share after it has sent the last message that was answered: 9/10 of the TTL.
    /// </summary>
    internal long UsableMicros { get; init; } = 2_700_000;

    /// <summary>
    /// Thousandths of its rate at which a share refills, because the process's clock may be 1/1000 too fast.
    /// </summary>
    internal int RefillPerMille { get; init; } = 999;

    /// <summary>
    /// Tokens a second, asked of one process, from which it takes a share. It returns the share below a quarter of it.
    /// </summary>
    internal double TakeRate { get; init; } = 20;

    /// <summary>
    /// How often a process compares its shares with its demand; one sixth of the TTL, 0.5 s by default.
    /// </summary>
    internal long CheckMicros => TtlMicros / 6;

    /// <summary>How long after its last message a process may ask for more because a share is empty.</summary>
    internal long GrowMicros => Math.Min(50_000, CheckMicros);

    /// <summary>How long after its last message a process sends the next one in any case.</summary>
    internal long RenewMicros => TtlMicros / 3;

    /// <summary>How long a process waits for a reply before it sends the same message again.</summary>
    internal long RetryMicros => TtlMicros / 12;

    /// <summary>The settings for a TTL.</summary>
    internal static ShareSettings Of(TimeSpan ttl)
    {
        long micros = ttl.Ticks / TimeSpan.TicksPerMicrosecond;
        return new() { TtlMicros = micros, UsableMicros = micros / 10 * 9 };
    }
}
