namespace Sluice.ModelContextProtocol;

/// <summary>How a client waits when it is rejected.</summary>
/// <remarks>Thread safety: immutable.</remarks>
public sealed record RateLimitRetryOptions
{
    private readonly int _maxRetries = 3;
    private readonly TimeSpan _maxTotalWait = TimeSpan.FromSeconds(60);
    private readonly double _jitter = 0.1;

    /// <summary>How often a call is tried again.</summary>
    /// <value>From 1 to 100. The default is 3.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside its range.</exception>
    public int MaxRetries
    {
        get => _maxRetries;
        init => _maxRetries = value is >= 1 and <= 100
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, "Not from 1 to 100.");
    }

    /// <summary>How long a call waits in all; a rejection that asks for more is handed on at once.</summary>
    /// <value>Above zero, at most 1 day. The default is 1 minute.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside its range.</exception>
    public TimeSpan MaxTotalWait
    {
        get => _maxTotalWait;
        init => _maxTotalWait = value > TimeSpan.Zero && value <= TimeSpan.FromDays(1)
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, "Not above zero and at most 1 day.");
    }

    /// <summary>
    /// The most that is added to a wait at random, as a part of it, so that clients that were rejected at one time do not all retry at one
    /// time.
    /// </summary>
    /// <value>From 0 to 1. The default is 0.1.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside its range.</exception>
    public double Jitter
    {
        get => _jitter;
        init => _jitter = value is >= 0 and <= 1
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, "Not from 0 to 1.");
    }

    /// <summary>The clock that waits.</summary>
    /// <value>The default is the system's.</value>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}
