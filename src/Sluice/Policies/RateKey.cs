namespace Sluice;

/// <summary>What sets the rates of one list apart: no two have the same.</summary>
/// <param name="PeriodTicks">The period in ticks of 100 ns; of a calendar the number of its unit.</param>
/// <param name="Algorithm">The algorithm.</param>
internal readonly record struct RateKey(long PeriodTicks, RateLimitAlgorithm Algorithm)
{
    /// <summary>The key of a limit on concurrency, which has no period.</summary>
    internal static RateKey OfSlots => new(0, Slots.Algorithm);

    /// <summary>The key of a rate.</summary>
    internal static RateKey Of(Rate rate) => new(rate.Window is CalendarUnit unit ? (long)unit : rate.RefillPeriod.Ticks, rate.Algorithm);
}
