namespace Sluice;

/// <summary>What <c>X-RateLimit-Reset</c> counts.</summary>
public enum LimitHeadersReset
{
    /// <summary>The seconds until the bucket is full; the default.</summary>
    Seconds = 0,

    /// <summary>The time at which the bucket is full, in seconds since the Unix epoch, by the wall clock of this process.</summary>
    UnixTime = 1,
}
