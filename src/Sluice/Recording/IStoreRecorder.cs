namespace Sluice;

/// <summary>Receives every operation of a store that changes buckets or decides, in the order in which they take effect.</summary>
/// <remarks>It is called under a lock, from any thread: it must not block, and must not call the store.</remarks>
internal interface IStoreRecorder
{
    /// <summary>The store was made.</summary>
    /// <param name="wall">The wall clock at that instant.</param>
    void Start(DateTimeOffset wall);

    /// <summary>A call was decided.</summary>
    /// <param name="at">The instant of the decision.</param>
    /// <param name="request">The call.</param>
    /// <param name="maxWait">The longest time for which it could have been held; zero for none.</param>
    /// <param name="reservation">The answer.</param>
    /// <param name="states">The state of each limit; empty where the caller did not ask for it.</param>
    void Decided(
        in StoreTime at,
        in RateLimitRequest request,
        TimeSpan maxWait,
        in RateLimitReservation reservation,
        ReadOnlySpan<LimitState> states);

    /// <summary>What a call had acquired, or a part of it, was refunded, released or charged.</summary>
    /// <param name="change">What was done.</param>
    /// <param name="at">When.</param>
    /// <param name="request">The call.</param>
    void Changed(StoreChange change, in StoreTime at, in RateLimitRequest request);

    /// <summary>Buckets of a caller were made full again.</summary>
    void Reset(in StoreTime at, ReadOnlySpan<RateLimit> limits, CallerIdentity caller);
}

/// <summary>What was done to the buckets of a call after it was decided.</summary>
internal enum StoreChange
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Its tokens were refunded.</summary>
    Refund = 1,

    /// <summary>Its reservation was cancelled.</summary>
    Cancel = 2,

    /// <summary>Its slots were released.</summary>
    Release = 3,

    /// <summary>Tokens were charged without asking.</summary>
    Charge = 4,
}
