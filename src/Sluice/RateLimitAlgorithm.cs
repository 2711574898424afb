namespace Sluice;

/// <summary>How a bucket turns elapsed time into tokens.</summary>
public enum RateLimitAlgorithm
{
    /// <summary>Refilled continuously at the limit's rate; the default.</summary>
    TokenBucket = 0,

    /// <summary>At most so many tokens in any window of one refill period, exactly: a log of the admitted calls.</summary>
    SlidingWindow = 1,

    /// <summary>The sliding window approximated by two counters and a weight.</summary>
    SlidingWindowCounter = 2,

    /// <summary>At most so many tokens in each window; up to twice that can pass around a window's edge.</summary>
    FixedWindow = 3,

    /// <summary>At most so many tokens in each window of a calendar; only <see cref="Rate.Calendar"/> makes such a rate.</summary>
    CalendarWindow = 4,
}
