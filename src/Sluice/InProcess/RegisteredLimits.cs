namespace Sluice;

/// <summary>What a store knows of the limits of one call, in their order. Kept beside them, so that a decision looks nothing up.</summary>
/// <remarks>Thread safety: immutable.</remarks>
internal sealed class RegisteredLimits(
    object owner,
    RegisteredLimit[] limits,
    bool arePlain,
    bool arePlainWithSlots,
    bool haveLogs,
    bool haveAligned,
    bool haveCalendar,
    bool mayHold)
{
    /// <summary>Marks the store that registered them.</summary>
    internal object Owner => owner;

    /// <summary>Whether all are enforced token buckets whose numbers need 64 bits only: the case that has a fast path.</summary>
    internal bool ArePlain => arePlain;

    /// <summary>Whether all are enforced, some are on concurrency, and the others are such token buckets.</summary>
    internal bool ArePlainWithSlots => arePlainWithSlots;

    /// <summary>Whether any is a sliding window, whose log cannot be read while another thread may write it.</summary>
    internal bool HaveLogs => haveLogs;

    /// <summary>Whether any has windows whose phase follows the wall clock.</summary>
    internal bool HaveAligned => haveAligned;

    /// <summary>Whether any has windows of a calendar, which the wall clock decides at each call.</summary>
    internal bool HaveCalendar => haveCalendar;

    /// <summary>Whether any bucket may have reservations.</summary>
    internal bool MayHold => mayHold;

    /// <summary>Whether every bucket may have reservations, so that a call to which they apply can be held.</summary>
    internal bool AllMayHold { get; } = limits.All(limit => limit.Bucket.MayHold);

    /// <summary>The limits.</summary>
    internal RegisteredLimit[] Limits => limits;

    /// <summary>The limit, where there is one only.</summary>
    internal RegisteredLimit? OnlyLimit { get; } = limits.Length == 1 ? limits[0] : null;

    /// <summary>
    /// The first of the limits of each page, the shared ones count as one page: the buckets of a page of a caller have one lock.
    /// </summary>
    internal RegisteredLimit[] Pages { get; } = [.. limits.DistinctBy(PageOf)];

    /// <summary>The number in <see cref="Pages"/> of the page of each limit.</summary>
    internal byte[] PageNumbers { get; } = [.. limits.Select(limit => (byte)limits.Select(PageOf).Distinct().ToList().IndexOf(PageOf(limit)))];

    /// <summary>Those of the limits that are on concurrency.</summary>
    internal RegisteredLimit[] Slots { get; } = [.. limits.Where(limit => limit.Numbers.IsSlots)];

    private static unsafe (nint SharedLock, Fingerprint Page) PageOf(RegisteredLimit limit) =>
        limit.Bucket.Shared is null ? (0, limit.Bucket.Page) : ((nint)limit.Bucket.SharedLock, default);
}
