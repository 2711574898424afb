namespace Sluice.StoreContracts;

/// <summary>The algorithms whose rates have a refill period; the windows of a calendar have none.</summary>
public static class PeriodAlgorithms
{
    /// <summary>Each of them, in the order of the enumeration.</summary>
    public static RateLimitAlgorithm[] All { get; } =
        [.. Enum.GetValues<RateLimitAlgorithm>().Where(algorithm => algorithm != RateLimitAlgorithm.CalendarWindow)];
}
