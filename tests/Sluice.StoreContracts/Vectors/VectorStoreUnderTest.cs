namespace Sluice.StoreContracts;

/// <summary>The model with the clock and the numbers that any store has: microseconds, and integers below 2^53.</summary>
internal sealed class VectorStoreUnderTest : StoreUnderTest
{
    /// <summary>Well below 2^53, so that sums and debts of several buckets stay there.</summary>
    private const long LargestBucket = 1L << 49;

    public override TimeSpan Resolution => TimeSpan.FromMicroseconds(1);

    public override TimeSpan LastInstant => TimeSpan.FromDays(3_660);

    public override bool RemembersEveryReading => false;

    public override IRateLimitStore Create(ManualTimeProvider time) => new ModelStore(time, Resolution, CounterCeiling);

    public override bool IsExactFor(Rate rate) => LargestCost(rate) >= rate.Capacity;

    /// <summary>The most tokens of a rate that a bucket may owe, in its smallest parts, to stay below the largest bucket.</summary>
    internal static long LargestCost(Rate rate)
    {
        if (rate.Window is not null)
        {
            return LargestBucket; // Windows of a calendar have no parts of a token.
        }

        long periodUs = rate.RefillPeriod.Ticks / TimeSpan.TicksPerMicrosecond;
        return LargestBucket / periodUs;
    }
}
