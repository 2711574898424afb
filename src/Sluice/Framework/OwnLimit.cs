namespace Sluice;

/// <summary>A rate by one clock, as all limiters with buckets of their own share it.</summary>
/// <param name="limit">The limit that a lease names.</param>
/// <param name="clock">The clock.</param>
/// <remarks>Thread safety: every member may be called from any thread.</remarks>
internal sealed class OwnLimit(RateLimit limit, StoreClock clock)
{
    private LimitNumbers _numbers = new(limit.Rate, clock.EpochTicks, clock.EdgesOf(limit.Rate.Edges));

    /// <summary>The limit that a lease names.</summary>
    internal RateLimit Limit => limit;

    /// <summary>The clock.</summary>
    internal StoreClock Clock => clock;

    /// <summary>
    /// The numbers; those of aligned windows change with the wall clock after the machine has slept. No lock may be held.
    /// </summary>
    internal LimitNumbers Numbers()
    {
        LimitNumbers numbers = Volatile.Read(ref _numbers);
        if (!numbers.IsAligned)
        {
            return numbers;
        }

        _ = clock.FollowWallAfterSleep();
        if (!numbers.HasSameNumbers(limit.Rate, clock.EpochTicks))
        {
            numbers = new LimitNumbers(limit.Rate, clock.EpochTicks);
            Volatile.Write(ref _numbers, numbers);
        }

        return numbers;
    }
}
