using System.Threading.RateLimiting;

namespace Sluice;

/// <summary>Counts the leases of one limiter.</summary>
/// <remarks>Thread safety: any number of threads.</remarks>
internal sealed class LeaseCounter
{
    private long _granted;
    private long _refused;

    internal DecisionLease Count(RateLimitDecision decision, IDisposable? held)
    {
        _ = Interlocked.Increment(ref decision.IsAllowed ? ref _granted : ref _refused);
        return new DecisionLease(decision, held);
    }

    internal RateLimiterStatistics Statistics(long available, long queued = 0) => new()
    {
        CurrentQueuedCount = queued,
        CurrentAvailablePermits = available,
        TotalSuccessfulLeases = Interlocked.Read(ref _granted),
        TotalFailedLeases = Interlocked.Read(ref _refused),
    };
}
