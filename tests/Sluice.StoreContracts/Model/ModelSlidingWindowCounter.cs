using System.Numerics;

namespace Sluice.StoreContracts;

/// <summary>What was used in this window, and the share of the one before that still counts.</summary>
/// <param name="Rate">The numbers that the bucket runs by.</param>
/// <param name="Now">The instant.</param>
/// <param name="Start">When this window started; any instant while both counters are zero.</param>
/// <param name="Previous">Tokens used in the window before.</param>
/// <param name="Current">Tokens used in this window.</param>
internal sealed record ModelSlidingWindowCounter(
    Rate Rate, BigInteger Now, BigInteger Start, BigInteger Previous, BigInteger Current) : ModelBucket(Rate, Now)
{
    internal override bool IsNew => Previous.IsZero && Current.IsZero;

    internal override Rational Available => Rate.MaxTokens - Used;

    internal override Rational UntilNew =>
        IsNew ? 0 : Start + (Current.IsZero ? Period : 2 * Period) - Now;

    private Rational Used => Current + (Previous * Share);

    /// <summary>The share of the window before that a window of one period, ending now, still overlaps.</summary>
    private Rational Share => new(Period - (Now - Start), Period);

    internal override ModelBucket At(BigInteger now)
    {
        BigInteger windows = IsNew ? 0 : (now - Start) / Period;
        BigInteger start = IsNew ? now : Start + (windows * Period);
        BigInteger previous = windows.IsZero ? Previous : windows.IsOne ? Current : 0;
        BigInteger current = windows.IsZero ? Current : 0;
        bool isNew = previous.IsZero && current.IsZero;
        return new ModelSlidingWindowCounter(Rate, now, isNew ? now : start, previous, current);
    }

    internal override Rational UntilAdmits(int cost)
    {
        // While the window lasts only the share of the one before falls; when it ends it becomes the one before.
        Rational room = Rate.MaxTokens - cost - Current;
        return room >= 0
            ? Start + UntilShareOf(Previous, room) - Now
            : Start + Period + UntilShareOf(Current, Rate.MaxTokens - cost) - Now;
    }

    internal override ModelBucket Charged(int cost) => this with { Current = Current + cost };

    internal override ModelBucket Refunded(int cost)
    {
        BigInteger fromCurrent = BigInteger.Min(Current, cost);
        BigInteger fromPrevious = BigInteger.Min(Previous, cost - fromCurrent);
        return new ModelSlidingWindowCounter(Rate, Now, Start, Previous - fromPrevious, Current - fromCurrent).At(Now);
    }

    protected override ModelBucket Converted(Rate rate) =>
        new ModelSlidingWindowCounter(rate, Now, Now, BigInteger.Min(Used.Ceiling(), rate.MaxTokens), 0);

    /// <summary>The time from a window's start until the counted part of <paramref name="tokens"/> is down to that.</summary>
    private Rational UntilShareOf(BigInteger tokens, Rational room) =>
        room >= tokens ? 0 : Period * (1 - (room / tokens));
}
